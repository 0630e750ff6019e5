#pragma once

#include "server/dashboard/assets.hpp"

#include <optional>
#include <string_view>

namespace slipway::dashboard {

/// The file at a path: `/` is the page, which every view's address gets. Nothing: there is none.
[[nodiscard]] std::optional<Asset> find(std::string_view path);

}  // namespace slipway::dashboard
