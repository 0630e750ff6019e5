#pragma once

#include "server/http/message.hpp"

#include <string_view>

// What is answered to a request that is not taken in, before the connection is closed.

namespace slipway::http {

[[nodiscard]] Response timed_out(std::string_view what);
[[nodiscard]] Response target_too_long();
[[nodiscard]] Response head_too_long();

/// To who was cut off for others.
[[nodiscard]] Response too_busy();

}  // namespace slipway::http
