#pragma once

#include "server/config/config.hpp"
#include "server/http/message.hpp"

#include <optional>

namespace slipway::api {

/// Nothing if the request may do what needs `role`, else the answer: 401 without a known token, 403
/// with one of a lesser role. `Authorization: Bearer …`; all tokens are compared, each in constant
/// time. A write token may read.
///
/// Where no token is configured and reading is open (`slipway serve` without a file), this machine
/// may write too: from a loopback address, as `application/json` and without an `Origin`, which no
/// web page that a browser shows can send here unasked.
[[nodiscard]] std::optional<http::Response> refuse(
    const config::Config& config, const http::Request& request, config::Role role
);

}  // namespace slipway::api
