#include "server/factory/branch_debts.hpp"

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/changes.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "server/base/clock.hpp"
#include "server/config/config.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

plan::OwedFolder owed_folder(const store::LedgerEntry& entry) {
    plan::OwedFolder owed{
        .folder = entry.folder, .since = rfc3339(entry.owed->since), .why = entry.owed->why
    };
    const auto moved = nlohmann::json::parse(entry.owed->moved, nullptr, false);
    if (moved.is_object()) {
        owed.moved = plan::BaseMove{
            .reference = moved.value("reference", ""),
            .from = moved.value("from", ""),
            .to = moved.value("to", ""),
        };
    }
    return owed;
}

/// The branch as it was planned last; nothing where that commit is gone.
Result<std::optional<plan::LastPlanned>> find_last(
    git::Repository& git, planning::Planner& planner, const store::Branch& branch
) {
    constexpr std::size_t shown_digits = 10;
    const auto id = model::parse_object_id(branch.commit);
    if (!id) {
        return std::nullopt;
    }
    const auto commit = git.commit(*id);
    if (!commit) {
        if (commit.error().code == ErrorCode::not_found) {
            return std::nullopt;
        }
        return fail_within("what " + branch.ref + " was planned up to", commit.error());
    }
    auto catalog = planner.catalog_of(git, commit->tree);
    if (!catalog) {
        return fail_within("what " + branch.ref + " was planned up to", catalog.error());
    }
    return plan::LastPlanned{
        .catalog = *std::move(catalog),
        .tree = commit->tree,
        .since = rfc3339(branch.updated),
        .why = "changed since " + branch.commit.substr(0, shown_digits) + " without a build",
    };
}

}  // namespace

bool is_of_branch(const store::Build& build) {
    return build.trigger != store::Trigger::manual && build.ref.starts_with("refs/heads/");
}

bool is_overtaken(
    git::Repository& git,
    const std::optional<store::Branch>& last,
    const store::Build& build,
    const git::Commit& after
) {
    const auto planned = last ? model::parse_object_id(last->commit) : std::nullopt;
    if (!planned || *planned == after.id || build.before == last->commit || !git.commit(*planned)) {
        return false;
    }
    const auto base = git.merge_base(*planned, after.id);
    return base && *base && **base == after.id;
}

std::string before_of(
    const config::Repository& repository,
    const store::Build& build,
    const BranchDebts& debts,
    const std::string& after
) {
    if (!is_of_branch(build)) {
        return build.before.empty() ? after : build.before;
    }
    if (!debts.last && repository.adopt_build) {
        return std::string(after.size(), '0');
    }
    const bool was_planned = debts.last && debts.last->commit == after && !debts.last->closed &&
                             !debts.last->tree.empty();
    return was_planned || build.before.empty() ? after : build.before;
}

bool wants_last(const store::Build& build, const BranchDebts& debts) {
    return is_of_branch(build) && debts.last && debts.last->commit != build.before &&
           !debts.last->closed;
}

Result<plan::PlanOptions> options_for(
    git::Repository& git,
    planning::Planner& planner,
    const store::Build& build,
    const BranchDebts& debts,
    std::vector<std::string> tags
) {
    plan::PlanOptions options{.folders = {}, .tag_templates = std::move(tags)};
    if (!is_of_branch(build)) {
        options.folders = build.folders;
        return options;
    }
    options.owed.reserve(debts.owed.size());
    for (const store::LedgerEntry& entry : debts.owed) {
        options.owed.push_back(owed_folder(entry));
    }
    if (wants_last(build, debts)) {
        auto last = find_last(git, planner, *debts.last);
        if (!last) {
            return std::unexpected(last.error());
        }
        options.last = *std::move(last);
    }
    return options;
}

std::vector<store::PlanRecord::Removed> find_removed(
    const planning::Planned& planned, const BranchDebts& debts, const plan::PlanOptions& options
) {
    std::vector<store::PlanRecord::Removed> removed;
    const auto add = [&removed](const std::string& folder, const std::string& moved_to) {
        const auto known = std::ranges::find(removed, folder, &store::PlanRecord::Removed::folder);
        if (known == removed.end()) {
            removed.push_back({folder, moved_to});
        }
    };
    for (const plan::Removed& gone : planned.plan.removed) {
        add(gone.folder, gone.moved_to);
    }
    if (options.last) {
        const model::ObjectId& tree = planned.range.after.tree;
        const plan::Sides sides{options.last->catalog, planned.catalog, options.last->tree, tree};
        for (const plan::Removed& gone : plan::find_removed(sides)) {
            add(gone.folder, gone.moved_to);
        }
    }
    for (const store::LedgerEntry& entry : debts.owed) {
        if (!planned.catalog.find(catalog::stored_folder(entry.folder))) {
            add(entry.folder, "");
        }
    }
    return removed;
}

}  // namespace slipway::factory
