#pragma once

#include "server/config/config.hpp"
#include "server/http/message.hpp"

#include <string_view>

namespace slipway::api {

/// Whether a browser says that our own page asks: `Sec-Fetch-Site`, else `Origin`, which no page
/// can set. What is under the name that the request was sent to, or under `public_url`, is ours.
[[nodiscard]] bool is_same_origin(const config::Config& config, const http::Request& request);

/// Whether a browser says that another site's page asks; a client that is no browser says nothing.
[[nodiscard]] bool is_cross_site(const config::Config& config, const http::Request& request);

/// 403 for what is_cross_site() or may be.
[[nodiscard]] http::Response cross_site();

/// Whether the client came by https: `X-Forwarded-Proto` of a proxy, else `public_url`.
[[nodiscard]] bool came_by_https(const config::Config& config, const http::Request& request);

/// The answer with what a page of a configured origin needs to read it (CORS). No cookie comes
/// along with such a request.
void allow_origin(const config::Config& config, std::string_view origin, http::Response& response);

/// The answer to a browser that asks what it may send (a preflight); `methods`: of the path, as
/// `GET, POST`.
[[nodiscard]] http::Response preflight(
    const config::Config& config, const http::Request& request, std::string_view methods
);

}  // namespace slipway::api
