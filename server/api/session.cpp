#include "server/api/access.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/api/json_fields.hpp"
#include "server/api/origin.hpp"
#include "server/api/session_cookie.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

std::chrono::sys_seconds now_of(const Context& context) {
    return std::chrono::floor<std::chrono::seconds>(context.clock.now());
}

/// `{"token": "…"}`; nothing: it is something else.
std::optional<std::string> parse_token(std::string_view body) {
    constexpr std::size_t most_bytes = 4096;
    const auto json =
        body.size() > most_bytes ? nlohmann::json() : nlohmann::json::parse(body, nullptr, false);
    const auto token = json.is_object() && json.size() == 1 ? json.find("token") : json.end();
    return token != json.end() && token->is_string() ? std::optional(token->get<std::string>())
                                                     : std::nullopt;
}

http::Response with_cookie(std::string cookie) {
    http::Response response{.status = 204, .content_type = "", .headers = {}};
    response.headers.emplace_back("Set-Cookie", std::move(cookie));
    return response;
}

std::string_view name_of(const std::optional<config::Role>& role) {
    return !role ? "none" : *role == config::Role::write ? "write" : "read";
}

}  // namespace

net::awaitable<http::Response> sign_in(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const config::Config& config = context.config.current();
    if (is_cross_site(config, request)) {
        co_return cross_site();
    }
    const std::optional<std::string> text = parse_token(request.body);
    if (!text) {
        co_return http::problem(
            400, "invalid", "The request is wrong", R"(the body is not {"token": "…"})"
        );
    }
    const config::ApiToken* const token = find_token(config, *text);
    if (token == nullptr) {
        http::Response response = http::problem(
            401, "unauthorized", "Unauthorized", "this is no token of the configuration"
        );
        response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"slipway\"");
        co_return response;
    }
    co_return with_cookie(session_cookie(*token, now_of(context), came_by_https(config, request)));
}

net::awaitable<http::Response> show_session(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const Caller caller = caller_of(context.config.current(), request, now_of(context));
    const nlohmann::ordered_json json = {
        {"name", or_null(caller.name)}, {"role", name_of(caller.role)}
    };
    co_return with_json(200, json);
}

net::awaitable<http::Response> sign_out(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const config::Config& config = context.config.current();
    if (is_cross_site(config, request)) {
        co_return cross_site();
    }
    co_return with_cookie(no_session_cookie(came_by_https(config, request)));
}

}  // namespace slipway::api
