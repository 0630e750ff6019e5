#pragma once

#include <span>
#include <string_view>

namespace slipway::manifest {

/// The keys that a manifest may have besides `x-…`, in the order in which people write them.
[[nodiscard]] std::span<const std::string_view> known_keys();

}  // namespace slipway::manifest
