#pragma once

#include "server/api/api.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::api {

// Each answers one path of the API; who may call it was decided before.
using Answer = net::awaitable<http::Response>(Context&, http::Request, http::PathValues);

Answer show_status;
Answer stream_events;
Answer show_explanation;

Answer list_builds;
Answer show_build;
Answer show_log;
Answer stream_log;
Answer request_build;
Answer cancel_build;
Answer retry_build;

Answer list_deliveries;
Answer show_delivery;
Answer replay_delivery;

Answer sign_in;
Answer show_session;
Answer sign_out;

Answer show_openapi;

/// Of an image, or of a branch as a whole.
Answer show_badge;
Answer show_branch_badge;

Answer list_images;
Answer show_image;
Answer list_owed;

Answer list_reports;
Answer show_hook;

[[nodiscard]] net::awaitable<http::Response> show_ready(Context& context);
[[nodiscard]] net::awaitable<http::Response> show_metrics(Context& context);

}  // namespace slipway::api
