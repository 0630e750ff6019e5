#pragma once

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/git/source_tree.hpp"

#include <span>

namespace slipway::catalog {

[[nodiscard]] inline bool is_regular(const git::TreeEntry& entry) {
    return entry.kind == git::EntryKind::file || entry.kind == git::EntryKind::executable;
}

/// Reads and parses the manifest of an image whose folder is known, and the Dockerfile that it
/// names among `entries`. What is wrong with them is told by the image. Errors: those of `tree`.
[[nodiscard]] Result<void> parse_image(
    Image& image,
    git::SourceTree& tree,
    const git::TreeEntry& manifest,
    std::span<const git::TreeEntry> entries,
    const CatalogOptions& options
);

}  // namespace slipway::catalog
