#pragma once

#include <span>
#include <string_view>

namespace slipway::dashboard {

/// A file of the page, in the program itself.
struct Asset {
    std::string_view path;  ///< `/`, or `/assets/…` with the content's hash in its name
    std::string_view content_type;
    std::string_view hash;   ///< of the content, hex
    std::string_view bytes;  ///< gzip
};

/// All of them; none where the page was left out of the build (SLIPWAY_DASHBOARD=OFF).
[[nodiscard]] std::span<const Asset> assets();

}  // namespace slipway::dashboard
