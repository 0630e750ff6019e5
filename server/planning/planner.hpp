#pragma once

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/range.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "server/planning/catalog_cache.hpp"

#include <deque>
#include <filesystem>
#include <string>

namespace slipway::planning {

struct Planned {
    git::Range range;
    plan::Plan plan;
    catalog::Catalog catalog;  ///< of `range.after`
};

/// Plans for one repository and remembers the catalogs that it read: the last few in memory, and on
/// disk one that was read as a whole at once, the others when it ends, so that no plan of a push
/// waits for a disk. Blocking; one thread at a time.
class Planner {
public:
    Planner(catalog::CatalogOptions options, CatalogCache cache);
    Planner(const Planner&) = delete;
    Planner& operator=(const Planner&) = delete;
    Planner(Planner&&) = delete;
    Planner& operator=(Planner&&) = delete;
    ~Planner();

    /// Errors: those of git::resolve_range() and of reading objects.
    [[nodiscard]] Result<Planned> plan(
        git::Repository& repository, const git::RangeQuery& query, const plan::PlanOptions& options
    );

    /// Between two trees, which may be of no commit: the plan's commits are left empty.
    [[nodiscard]] Result<plan::Plan> plan_trees(
        git::SourceTree& tree,
        const model::ObjectId& before,
        const model::ObjectId& after,
        const plan::PlanOptions& options
    );

    [[nodiscard]] Result<catalog::Catalog> catalog_of(
        git::SourceTree& tree, const model::ObjectId& root
    );

private:
    struct Remembered {
        model::ObjectId root;
        catalog::Catalog catalog;
        bool on_disk = false;
    };

    catalog::CatalogOptions options_;
    CatalogCache cache_;
    std::deque<Remembered> recent_;  // the newest first
};

}  // namespace slipway::planning
