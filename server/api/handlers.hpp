#pragma once

#include "server/api/api.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::api {

// Each answers one path of the API; who may call it was decided before.
[[nodiscard]] net::awaitable<http::Response> show_status(Context& context, http::Request request);
[[nodiscard]] net::awaitable<http::Response> list_builds(Context& context, http::Request request);
[[nodiscard]] net::awaitable<http::Response> show_build(Context& context, http::PathValues values);
[[nodiscard]] net::awaitable<http::Response> show_log(
    Context& context, http::Request request, http::PathValues values
);
[[nodiscard]] net::awaitable<http::Response> request_build(Context& context, http::Request request);
[[nodiscard]] net::awaitable<http::Response> show_ready(Context& context);
[[nodiscard]] net::awaitable<http::Response> show_metrics(Context& context);

}  // namespace slipway::api
