#pragma once

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/factory/branch_debts.hpp"
#include "server/factory/work.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <filesystem>

namespace slipway::factory {

struct Prepared {
    Source source;
    store::PlanRecord record;
    std::chrono::microseconds planning{};  ///< how long the planner took
};

/// Brings the mirror at `mirror` up to date and plans the build: what its push changed, and what
/// its branch owes besides. Blocking; one call at a time per mirror.
///
/// Errors: those of mirror::refresh() and Planner::plan(); `not_found`: the commit is in no branch
/// any more (a forced push); `invalid`: the ids are of a SHA-256 repository, or no branch rule
/// matches; `conflict`: the branch was planned further already.
[[nodiscard]] Result<Prepared> plan_build(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const store::Build& build,
    const BranchDebts& debts
);

/// Opens the commit of a build that is planned; refreshes the mirror only where that has it not.
/// Blocking and errors as above.
[[nodiscard]] Result<Source> open_build(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const store::Build& build
);

/// The repository's settings as the planner wants them.
[[nodiscard]] catalog::CatalogOptions catalog_options(const config::Repository& repository);

}  // namespace slipway::factory
