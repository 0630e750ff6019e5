#pragma once

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

namespace slipway::catalog {

/// A catalog that is there already, of the same options.
struct Known {
    const Catalog& catalog;
    model::ObjectId root;  ///< the tree that it is of
};

/// Reads all image folders of the tree `root`. With a known catalog only what differs between the
/// two trees is read, and only manifests and Dockerfiles with another blob id are parsed: a blob
/// never changes, so its parse does not either.
///
/// A folder with a bad manifest is in the catalog, with errors. Errors: those of `tree`;
/// `too_large`: folders nested deeper than 128, more than a million of them, 250,000 images, or
/// 128 MiB of what is kept.
[[nodiscard]] Result<Catalog> read_catalog(
    git::SourceTree& tree,
    const model::ObjectId& root,
    const CatalogOptions& options,
    const Known* known = nullptr
);

}  // namespace slipway::catalog
