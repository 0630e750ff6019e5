#include "server/planning/planner.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/range.hpp"
#include "core/git/repository.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "server/planning/catalog_cache.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <expected>
#include <optional>
#include <utility>

namespace slipway::planning {

Planner::Planner(catalog::CatalogOptions options, CatalogCache cache)
    : options_(std::move(options)), cache_(std::move(cache)) {}

Planner::~Planner() {
    try {
        for (auto entry = recent_.rbegin(); entry != recent_.rend(); ++entry) {
            if (!entry->on_disk) {
                cache_.store(entry->root, entry->catalog);
            }
        }
    } catch (const std::exception&) {
        // Only ever a help: the next one reads from git again.
        return;
    }
}

Result<catalog::Catalog> Planner::catalog_of(git::SourceTree& tree, const model::ObjectId& root) {
    constexpr std::size_t kept = 4;
    if (root.is_zero()) {
        return catalog::Catalog();
    }
    const auto found = std::ranges::find(recent_, root, &Remembered::root);
    if (found != recent_.end()) {
        return found->catalog;
    }
    std::optional<catalog::Catalog> catalog = cache_.load(root);
    bool on_disk = catalog.has_value();
    if (!catalog) {
        if (recent_.empty()) {
            if (auto latest = cache_.load_latest()) {
                recent_.push_front({latest->first, std::move(latest->second), true});
            }
        }
        std::optional<catalog::Known> known;
        if (!recent_.empty()) {
            known.emplace(catalog::Known{recent_.front().catalog, recent_.front().root});
        }
        auto read = catalog::read_catalog(tree, root, options_, known ? &*known : nullptr);
        if (!read && known && read.error().code != ErrorCode::too_large) {
            // The known tree may be gone from the repository, which is no reason to fail. A tree
            // that is too large is so without it too.
            known.reset();
            read = catalog::read_catalog(tree, root, options_);
        }
        if (!read) {
            return std::unexpected(read.error());
        }
        catalog = std::move(*read);
        if (!known) {
            // To read all took far longer than this: whoever follows one that was killed need not.
            cache_.store(root, *catalog);
            on_disk = true;
        }
    }
    recent_.push_front({root, *catalog, on_disk});
    recent_.resize(std::min(recent_.size(), kept));
    return *catalog;
}

Result<plan::Plan> Planner::plan_trees(
    git::SourceTree& tree,
    const model::ObjectId& before,
    const model::ObjectId& after,
    const plan::PlanOptions& options
) {
    const auto old_catalog = catalog_of(tree, before);
    if (!old_catalog) {
        return std::unexpected(old_catalog.error());
    }
    const auto new_catalog = catalog_of(tree, after);
    if (!new_catalog) {
        return std::unexpected(new_catalog.error());
    }
    const plan::Sides sides{*old_catalog, *new_catalog, before, after};
    return plan::make_plan(tree, sides, options);
}

Result<Planned> Planner::plan(
    git::Repository& repository, const git::RangeQuery& query, const plan::PlanOptions& options
) {
    auto range = git::resolve_range(repository, query);
    if (!range) {
        return std::unexpected(range.error());
    }
    const auto before = catalog_of(repository, range->base_tree);
    if (!before) {
        return std::unexpected(before.error());
    }
    auto after = catalog_of(repository, range->after.tree);
    if (!after) {
        return std::unexpected(after.error());
    }
    const plan::Sides sides{*before, *after, range->base_tree, range->after.tree};
    auto plan = plan::make_plan(repository, sides, options);
    if (!plan) {
        return std::unexpected(plan.error());
    }
    plan->before = range->before;
    plan->after = to_string(range->after.id);
    plan->base_commit = range->rule == git::BaseRule::empty ? "" : to_string(range->base);
    plan->base_rule = git::to_string(range->rule);
    return Planned{std::move(*range), std::move(*plan), std::move(*after)};
}

}  // namespace slipway::planning
