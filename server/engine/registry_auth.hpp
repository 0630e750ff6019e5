#pragma once

#include "server/engine/engine_api.hpp"

#include <string>

namespace slipway::engine {

/// The value of X-Registry-Auth. Anonymous is `e30=` (`{}`), never empty: Engine 20.10 refuses a
/// push without the header.
[[nodiscard]] std::string registry_auth(const Credentials& credentials);

}  // namespace slipway::engine
