#pragma once

#include "core/base/result.hpp"
#include "server/client/http_exchange.hpp"

namespace slipway::registry {

using client::HttpAnswer;

/// Of an answer that is not what was asked for: its status, `Retry-After`, and the registry's own
/// error code (`TAG_INVALID`), never its words. Errors: `denied` for 401 and 403, `unavailable` for
/// 429 and 5xx, else `failed`.
[[nodiscard]] Error to_error(const HttpAnswer& answer);

}  // namespace slipway::registry
