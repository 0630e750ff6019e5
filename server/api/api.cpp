#include "server/api/api.hpp"

#include "server/api/access.hpp"
#include "server/api/handlers.hpp"
#include "server/api/origin.hpp"
#include "server/api/page.hpp"
#include "server/api/query.hpp"
#include "server/api/rate_limiter.hpp"
#include "server/api/webhook.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

/// What a caller must be allowed.
enum class Need : std::uint8_t { nothing, badges, read, write };

struct Path {
    std::string_view method;
    std::string_view pattern;
    Need need;
    Answer* answer;
};

constexpr std::array paths = {
    Path{"GET", "/api/v1/status", Need::read, show_status},
    Path{"GET", "/api/v1/events", Need::read, stream_events},
    Path{"GET", "/api/v1/explain", Need::read, show_explanation},
    Path{"GET", "/api/v1/builds", Need::read, list_builds},
    Path{"GET", "/api/v1/builds/{id}", Need::read, show_build},
    Path{"GET", "/api/v1/builds/{id}/steps/{step}/log", Need::read, show_log},
    Path{"POST", "/api/v1/builds", Need::write, request_build},
    Path{"POST", "/api/v1/builds/{id}/cancel", Need::write, cancel_build},
    Path{"POST", "/api/v1/builds/{id}/retry", Need::write, retry_build},
    Path{"GET", "/api/v1/deliveries", Need::read, list_deliveries},
    Path{"GET", "/api/v1/deliveries/{id}", Need::read, show_delivery},
    Path{"POST", "/api/v1/deliveries/{id}/replay", Need::write, replay_delivery},
    Path{"GET", "/api/v1/images", Need::read, list_images},
    Path{"GET", "/api/v1/images/{repository}/{folder...}", Need::read, show_image},
    Path{"GET", "/api/v1/owed", Need::read, list_owed},
    Path{"GET", "/api/v1/reports", Need::read, list_reports},
    Path{"GET", "/api/v1/repositories/{name}/hook", Need::read, show_hook},
    Path{"POST", "/api/v1/session", Need::nothing, sign_in},
    Path{"GET", "/api/v1/session", Need::nothing, show_session},
    Path{"DELETE", "/api/v1/session", Need::nothing, sign_out},
    Path{"GET", "/badges/{badge}", Need::badges, show_branch_badge},
    Path{"GET", "/badges/{repository}/{badge...}", Need::badges, show_badge},
    Path{"GET", "/openapi.json", Need::nothing, show_openapi},
};

std::optional<http::Response> refusal(
    const config::Config& config, const http::Request& request, const Caller& caller, Need need
) {
    if (need == Need::nothing || (need == Need::badges && config.anonymous_badges)) {
        return std::nullopt;
    }
    const auto role = need == Need::write ? config::Role::write : config::Role::read;
    if (auto refused = refuse(config, request, caller, role)) {
        return refused;
    }
    return is_text(request) ? std::nullopt
                            : std::optional(http::problem(
                                  400, "invalid", "The request is wrong", "the address is not UTF-8"
                              ));
}

/// Whose bucket a request is taken from.
std::string client_of(const Caller& caller, const http::Request& request) {
    return caller.name.empty() ? request.peer : "token " + caller.name;
}

net::awaitable<http::Response> answer(
    Context& context, const Path& path, http::Request request, http::PathValues values
) {
    const config::Config& config = context.config.current();
    const std::string origin(request.header("origin"));
    const auto now = std::chrono::floor<std::chrono::seconds>(context.clock.now());
    const Caller caller = caller_of(config, request, now);
    const RateLimiter::Verdict verdict = context.requests.take(
        client_of(caller, request),
        config.limits.requests_per_second,
        std::chrono::steady_clock::now()
    );
    http::Response response;
    if (!verdict.allowed) {
        response = too_many_requests(verdict);
    } else if (auto refused = refusal(config, request, caller, path.need)) {
        response = std::move(*refused);
    } else {
        response = co_await path.answer(context, std::move(request), std::move(values));
    }
    tell_limit(verdict, response);
    allow_origin(config, origin, response);
    co_return response;
}

/// Counted before a secret is compared with a body of 25 MiB.
net::awaitable<http::Response> take_webhook(Context& context, http::Request request) {
    const RateLimiter::Verdict verdict = context.webhooks.take(
        request.peer,
        context.config.current().limits.webhooks_per_second,
        std::chrono::steady_clock::now()
    );
    if (!verdict.allowed) {
        context.metrics.delivery("limited");
        co_return too_many_requests(verdict);
    }
    co_return co_await receive_gitlab(context, std::move(request));
}

net::awaitable<http::Response> answer_preflight(
    Context& context, http::Request request, std::string methods
) {
    co_return preflight(context.config.current(), request, methods);
}

void add_preflights(http::Router& router, Context& context) {
    std::map<std::string_view, std::string> methods;
    for (const Path& path : paths) {
        methods[path.pattern].append(path.method).append(path.method == "GET" ? ", HEAD, " : ", ");
    }
    for (const auto& [pattern, list] : methods) {
        router.add(
            "OPTIONS",
            pattern,
            [&context, all = list + "OPTIONS"](http::Request request, http::PathValues) {
                return answer_preflight(context, std::move(request), all);
            }
        );
    }
}

}  // namespace

void add_routes(http::Router& router, Context& context) {
    using http::PathValues;
    using http::Request;
    router.add("POST", "/webhooks/gitlab", [&context](Request request, PathValues) {
        return take_webhook(context, std::move(request));
    });
    for (const Path& path : paths) {
        router
            .add(path.method, path.pattern, [&context, &path](Request request, PathValues values) {
                return answer(context, path, std::move(request), std::move(values));
            });
    }
    add_preflights(router, context);
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
    add_page(router);
}

}  // namespace slipway::api
