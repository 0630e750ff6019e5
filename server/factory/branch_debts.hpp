#pragma once

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/plan/make_plan.hpp"
#include "server/config/config.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

// What a build's branch adds to the build: how far it was planned, and what it owes besides. Reads
// the mirror, so all that takes a git::Repository blocks.

namespace slipway::factory {

/// What the store knows of a build's branch.
struct BranchDebts {
    std::optional<store::Branch> last;     ///< nothing: it was never planned
    std::vector<store::LedgerEntry> owed;  ///< folders whose content was not pushed
};

/// Whether the build says what becomes of its branch, and not of some folders or commits only.
[[nodiscard]] bool is_of_branch(const store::Build& build);

/// A push that was announced late, after a newer one: building it would put old content over new.
/// One that begins where the branch was planned up to is a reset, and no late one.
[[nodiscard]] bool is_overtaken(
    git::Repository& git,
    const std::optional<store::Branch>& last,
    const store::Build& build,
    const git::Commit& after
);

/// The commit to compare `after` (hex) with. What of the range was planned already is not planned
/// again: that is what the debts are for. A branch that was only adopted (it has no tree) was not
/// planned: a push that was announced after that is built.
[[nodiscard]] std::string before_of(
    const config::Repository& repository,
    const store::Build& build,
    const BranchDebts& debts,
    const std::string& after
);

/// Whether the range of a build does not begin where its branch was planned up to, so that what
/// lies between is told by that commit's tree alone.
[[nodiscard]] bool wants_last(const store::Build& build, const BranchDebts& debts);

/// What the planner is asked for besides the range: what is owed, or the folders of a request.
/// Without `last` where the commit that the branch was planned up to is not to be had any more.
[[nodiscard]] Result<plan::PlanOptions> options_for(
    git::Repository& git,
    planning::Planner& planner,
    const store::Build& build,
    const BranchDebts& debts,
    std::vector<std::string> tags
);

/// Folders that are gone owe nothing any more, however long ago they went, and whether or not the
/// push that removed them was planned.
[[nodiscard]] std::vector<store::PlanRecord::Removed> find_removed(
    const planning::Planned& planned, const BranchDebts& debts, const plan::PlanOptions& options
);

}  // namespace slipway::factory
