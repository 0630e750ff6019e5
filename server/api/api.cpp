#include "server/api/api.hpp"

#include "server/api/access.hpp"
#include "server/api/handlers.hpp"
#include "server/api/webhook.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

using Answer = std::function<net::awaitable<http::Response>(http::Request, http::PathValues)>;

/// The handler behind a check of who asks.
http::Handler guarded(Context& context, config::Role role, Answer answer) {
    return [&context, role, answer = std::move(answer)](
               http::Request request, http::PathValues values
           ) -> net::awaitable<http::Response> {
        if (auto refused = refuse(context.config.current(), request, role)) {
            co_return std::move(*refused);
        }
        co_return co_await answer(std::move(request), std::move(values));
    };
}

}  // namespace

void add_routes(http::Router& router, Context& context) {
    using config::Role;
    using http::PathValues;
    using http::Request;
    router.add("POST", "/webhooks/gitlab", [&context](Request request, PathValues) {
        return receive_gitlab(context, std::move(request));
    });
    const auto add = [&](std::string_view method, std::string_view path, Role role, Answer answer) {
        router.add(method, path, guarded(context, role, std::move(answer)));
    };
    add("GET", "/api/v1/status", Role::read, [&context](Request request, PathValues) {
        return show_status(context, std::move(request));
    });
    add("GET", "/api/v1/builds", Role::read, [&context](Request request, PathValues) {
        return list_builds(context, std::move(request));
    });
    add("GET", "/api/v1/builds/{id}", Role::read, [&context](Request, PathValues values) {
        return show_build(context, std::move(values));
    });
    add("GET",
        "/api/v1/builds/{id}/steps/{step}/log",
        Role::read,
        [&context](Request request, PathValues values) {
            return show_log(context, std::move(request), std::move(values));
        });
    add("POST", "/api/v1/builds", Role::write, [&context](Request request, PathValues) {
        return request_build(context, std::move(request));
    });
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
