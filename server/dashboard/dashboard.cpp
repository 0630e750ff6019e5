#include "server/dashboard/dashboard.hpp"

#include "server/dashboard/assets.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

namespace slipway::dashboard {

std::optional<Asset> find(std::string_view path) {
    const std::span<const Asset> all = assets();
    const auto found = std::ranges::find(all, path, &Asset::path);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace slipway::dashboard
