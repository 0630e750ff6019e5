#pragma once

#include "core/base/source_error.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/object_id.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::catalog {

/// The file that makes a folder an image folder.
inline constexpr std::string_view manifest_name = "manifest.yml";

/// One image folder of one commit, read and parsed. Depends on nothing but the folder's content and
/// the default registry.
struct Image {
    std::string folder;    ///< from the repository's root; empty for the root itself
    model::ObjectId tree;  ///< of the folder: equal trees are equal content
    model::ObjectId manifest_blob;
    model::ObjectId dockerfile_blob;             ///< zeros where there is none
    std::optional<manifest::Manifest> manifest;  ///< nothing where it has errors
    std::string
        name;  ///< `registry/image` as people write it, the default registry filled in; no tag
    std::vector<std::string>
        produces;  ///< `domain/path:tag`, normalised: the version's first, then the tags'
    std::vector<dockerfile::Parent> parents;
    std::vector<std::string>
        parent_refs;  ///< of every parent, normalised as `produces`; empty where it has a digest
    std::vector<SourceError> errors;

    bool operator==(const Image&) const = default;

    /// The name with the version: what the image is called.
    [[nodiscard]] std::string reference() const {
        return name + ":" + (manifest ? manifest->version : "");
    }
};

/// The folder as people and JSON name it: `.` for the repository's root.
[[nodiscard]] inline std::string shown_folder(std::string_view folder) {
    return folder.empty() ? "." : std::string(folder);
}

/// The other way: the path of a folder that is given as it is shown.
[[nodiscard]] inline std::string_view stored_folder(std::string_view shown) {
    return shown == "." ? std::string_view{} : shown;
}

/// `folder/name`, or `name` in the root.
[[nodiscard]] inline std::string path_in(std::string_view folder, std::string_view name) {
    return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

/// What the images of a repository are read with.
struct CatalogOptions {
    std::string default_registry;                 ///< for manifests without one; empty: Docker Hub
    std::vector<std::string> allowed_registries;  ///< as `registry.example.com` or
                                                  ///< `registry.example.com/team`; none: all
    std::vector<std::string> roots;  ///< folders that are looked into, without `/` at either end;
                                     ///< none: the whole repository

    bool operator==(const CatalogOptions&) const = default;
};

/// Fills `name`, `produces` from the manifest; a reference that can't be or may not be is an error
/// at the manifest's `image`.
void name_image(Image& image, const CatalogOptions& options);

/// Fills `parents`, `parent_refs` from the Dockerfile's text.
void read_parents(Image& image, std::string_view dockerfile_text);

}  // namespace slipway::catalog
