#include "core/catalog/parse_image.hpp"

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/git/source_tree.hpp"
#include "core/git/tree_walk.hpp"
#include "core/manifest/manifest.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::catalog {
namespace {

Result<void> parse_dockerfile(
    Image& image, git::SourceTree& tree, std::span<const git::TreeEntry> entries
) {
    const auto found = git::find_path(tree, entries, image.manifest->dockerfile);
    if (!found) {
        return std::unexpected(found.error());
    }
    if (!*found || !is_regular(**found)) {
        const manifest::Position at = image.manifest->dockerfile_at;
        const std::string_view why =
            *found ? "' is not a regular file" : "' does not exist in the folder";
        image.errors.push_back(
            {path_in(image.folder, manifest_name),
             at.line,
             at.column,
             "the Dockerfile '" + image.manifest->dockerfile + std::string(why)}
        );
        return {};
    }
    const auto text = git::small_blob(tree, (*found)->id, dockerfile::most_bytes);
    if (!text) {
        return std::unexpected(text.error());
    }
    image.dockerfile_blob = (*found)->id;
    if (!*text) {
        const std::string path = path_in(image.folder, image.manifest->dockerfile);
        image.errors.push_back({path, 1, 1, std::string(dockerfile::too_large)});
        return {};
    }
    read_parents(image, **text);
    return {};
}

}  // namespace

Result<void> parse_image(
    Image& image,
    git::SourceTree& tree,
    const git::TreeEntry& manifest,
    std::span<const git::TreeEntry> entries,
    const CatalogOptions& options
) {
    const std::string path = path_in(image.folder, manifest_name);
    if (manifest.kind == git::EntryKind::symlink) {
        image.errors.push_back(
            {path, 1, 1, "a manifest must be a file of its own, not a symbolic link"}
        );
        return {};
    }
    const auto text = git::small_blob(tree, manifest.id, manifest::most_bytes);
    if (!text) {
        return std::unexpected(text.error());
    }
    if (!*text) {
        image.errors.push_back({path, 1, 1, std::string(manifest::too_large)});
        return {};
    }
    auto parsed = manifest::parse_manifest(**text, path);
    image.manifest = std::move(parsed.manifest);
    image.errors = std::move(parsed.errors);
    if (image.manifest) {
        name_image(image, options);
    }
    return image.manifest ? parse_dockerfile(image, tree, entries) : Result<void>{};
}

}  // namespace slipway::catalog
