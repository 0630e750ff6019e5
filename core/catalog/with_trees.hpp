#pragma once

#include "core/catalog/catalog.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <vector>

namespace slipway::catalog {

/// An image whose files changed, but neither its manifest nor its Dockerfile.
struct MovedTree {
    std::size_t image = 0;  ///< its number
    model::ObjectId tree;
};

/// A catalog that differs from another in these trees alone: what make_catalog() would give, in a
/// tenth of the time, for its graph stays. `catalog` is not the empty tree's.
[[nodiscard]] Catalog with_trees(const Catalog& catalog, const std::vector<MovedTree>& moved);

}  // namespace slipway::catalog
