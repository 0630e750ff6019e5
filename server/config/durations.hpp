#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::config {

/// `90d`, `12h`, `5m` or `30s`, from 1 s to 36500d; nothing where it is anything else.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// In the largest unit that loses nothing.
[[nodiscard]] std::string to_string(std::chrono::seconds duration);

}  // namespace slipway::config
