#pragma once

#include "server/api/api.hpp"
#include "server/http/message.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::api {

/// POST /webhooks/gitlab: authenticates the raw bytes, decodes, stores, answers.
///
/// 202 once a delivery that makes a build is stored; 200 with the reason for what is authentic but
/// not wanted (a 4xx would make GitLab switch the hook off); 401 where no secret fits; 400 not
/// JSON; 503 with Retry-After when it can't be stored.
[[nodiscard]] net::awaitable<http::Response> receive_gitlab(
    Context& context, http::Request request
);

}  // namespace slipway::api
