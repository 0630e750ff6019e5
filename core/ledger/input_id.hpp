#pragma once

#include "core/context/context.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/object_id.hpp"

#include <string>
#include <vector>

namespace slipway::ledger {

/// An image that another one is built on, as it goes into the other's input id.
struct ParentInput {
    std::string reference;  ///< `domain/path[:tag][@digest]`
    std::string id;  ///< an image of the repository: its input id; another one: its `sha256:…`

    bool operator==(const ParentInput&) const = default;
};

/// A hash of all that decides an image's content, as 64 hex digits: equal ids are equal images, as
/// far as the Dockerfile itself does not ask the clock or the network.
///
/// - What .dockerignore hides does not count, nor do the version, the tags and where it is pushed.
/// - The labels of the manifest count, since they are in the image; those that slipway adds
/// (revision, creation time) do not.
/// - `watch` does not count: the files that it names are in no context.
///
/// `parents` in the order of the Dockerfile. `list` must be without errors.
[[nodiscard]] std::string input_id(
    const context::ContextList& list,
    const model::ObjectId& dockerfile_blob,
    const manifest::Manifest& manifest,
    const std::vector<ParentInput>& parents
);

}  // namespace slipway::ledger
