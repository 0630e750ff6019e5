#pragma once

#include <string_view>

namespace slipway::registry {

/// Whether this is the manifest of what an engine calls `image_id`. Engines with containerd's image
/// store count the manifest's digest as the id of an image, all others its configuration's.
[[nodiscard]] bool is_manifest_of(std::string_view manifest, std::string_view image_id);

}  // namespace slipway::registry
