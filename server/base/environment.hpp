#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// A variable of the environment; nothing where it is not set. Any thread: nothing of ours sets
/// variables.
[[nodiscard]] std::optional<std::string> variable(std::string_view name);

}  // namespace slipway
