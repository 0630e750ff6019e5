#pragma once

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/git/source_tree.hpp"
#include "core/plan/changes.hpp"
#include "core/plan/make_plan.hpp"

#include <vector>

namespace slipway::plan {

/// Reasons of the folders that are owed; those that have no image at `after` are left out.
[[nodiscard]] Reasons find_owed(
    const catalog::Catalog& after, const std::vector<OwedFolder>& folders
);

/// `owed` for every image that differs between `last` and the sides' `after`. Errors: those of
/// `tree`.
[[nodiscard]] Result<Reasons> find_missed(
    git::SourceTree& tree, const Sides& sides, const LastPlanned& last
);

}  // namespace slipway::plan
