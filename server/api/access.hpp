#pragma once

#include "server/config/config.hpp"
#include "server/http/message.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace slipway::api {

/// Who asks.
struct Caller {
    std::string name;                  ///< of the token; empty: nobody that is known
    std::optional<config::Role> role;  ///< what it may do; nothing: not even read
    bool by_cookie = false;            ///< its browser proved it, perhaps for another site's page
};

/// Reads `Authorization: Bearer …` (all tokens are compared, each in constant time), else the
/// session's cookie. A write token may read. Who proves nothing may read where that is open.
///
/// Where no token is configured and reading is open (`slipway serve` without a file), this machine
/// may write too: from a loopback address, not through a proxy, and either as `application/json`
/// and without an `Origin`, which no web page that a browser shows can send here unasked, or from
/// our own page under a loopback name.
[[nodiscard]] Caller caller_of(
    const config::Config& config, const http::Request& request, std::chrono::sys_seconds now
);

/// Nothing if the caller may do what needs `role`, else the answer: 401 without a known token, 403
/// with one of a lesser role, and for a write by cookie that another site's page asks for.
[[nodiscard]] std::optional<http::Response> refuse(
    const config::Config& config,
    const http::Request& request,
    const Caller& caller,
    config::Role role
);

/// The token that a text is; null: none.
[[nodiscard]] const config::ApiToken* find_token(
    const config::Config& config, std::string_view text
);

}  // namespace slipway::api
