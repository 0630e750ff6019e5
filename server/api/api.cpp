#include "server/api/api.hpp"

#include "server/api/access.hpp"
#include "server/api/handlers.hpp"
#include "server/api/webhook.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

struct Path {
    std::string_view method;
    std::string_view pattern;
    config::Role role;
    Answer* answer;
};

constexpr std::array paths = {
    Path{"GET", "/api/v1/status", config::Role::read, show_status},
    Path{"GET", "/api/v1/events", config::Role::read, stream_events},
    Path{"GET", "/api/v1/explain", config::Role::read, show_explanation},
    Path{"GET", "/api/v1/builds", config::Role::read, list_builds},
    Path{"GET", "/api/v1/builds/{id}", config::Role::read, show_build},
    Path{"GET", "/api/v1/builds/{id}/steps/{step}/log", config::Role::read, show_log},
    Path{"POST", "/api/v1/builds", config::Role::write, request_build},
    Path{"POST", "/api/v1/builds/{id}/cancel", config::Role::write, cancel_build},
    Path{"POST", "/api/v1/builds/{id}/retry", config::Role::write, retry_build},
    Path{"GET", "/api/v1/deliveries", config::Role::read, list_deliveries},
    Path{"GET", "/api/v1/deliveries/{id}", config::Role::read, show_delivery},
    Path{"POST", "/api/v1/deliveries/{id}/replay", config::Role::write, replay_delivery},
    Path{"GET", "/api/v1/images", config::Role::read, list_images},
    Path{"GET", "/api/v1/images/{repository}/{folder...}", config::Role::read, show_image},
    Path{"GET", "/api/v1/owed", config::Role::read, list_owed},
};

/// The handler behind a check of who asks.
http::Handler guarded(Context& context, config::Role role, Answer* answer) {
    return [&context, role, answer](
               http::Request request, http::PathValues values
           ) -> net::awaitable<http::Response> {
        if (auto refused = refuse(context.config.current(), request, role)) {
            co_return std::move(*refused);
        }
        co_return co_await answer(context, std::move(request), std::move(values));
    };
}

}  // namespace

void add_routes(http::Router& router, Context& context) {
    using http::PathValues;
    using http::Request;
    router.add("POST", "/webhooks/gitlab", [&context](Request request, PathValues) {
        return receive_gitlab(context, std::move(request));
    });
    for (const Path& path : paths) {
        router.add(path.method, path.pattern, guarded(context, path.role, path.answer));
    }
    // Probes and metrics carry no secret and must answer a kubelet and a Prometheus that have no
    // token.
    router.add("GET", "/healthz", [](Request, PathValues) -> net::awaitable<http::Response> {
        co_return http::Response{
            .status = 200,
            .content_type = "text/plain; charset=utf-8",
            .headers = {},
            .body = "ok\n"
        };
    });
    router.add("GET", "/readyz", [&context](Request, PathValues) { return show_ready(context); });
    router.add("GET", "/metrics", [&context](Request, PathValues) {
        return show_metrics(context);
    });
}

}  // namespace slipway::api
