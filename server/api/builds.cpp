#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/api.hpp"
#include "server/api/build_json.hpp"
#include "server/api/build_request.hpp"
#include "server/api/handlers.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> number_of(
    const http::Request& request, const std::string& name, std::int64_t usual
) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? usual : parse_number(found->second);
}

/// For a query: all but what a name is mostly made of as `%20`.
std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
        if (plain) {
            result += c;
        } else {
            result.append(1, '%').append(1, digits[byte / 16U]).append(1, digits[byte % 16U]);
        }
    }
    return result;
}

http::Response bad_query(const std::string& name) {
    return http::problem(
        400, "invalid-query", "Invalid query", "`" + name + "` is not a number that fits"
    );
}

http::Response no_such_build() {
    return http::problem(404, "not-found", "Not found", "there is no build of this id");
}

http::Response with_json(unsigned status, const ordered_json& json) {
    return {
        .status = status, .content_type = "application/json", .headers = {}, .body = to_text(json)
    };
}

/// A page behind this one, of the same builds.
std::string next_page(const store::BuildQuery& query, BuildId last) {
    std::string next = "/api/v1/builds?limit=" + std::to_string(query.limit) +
                       "&cursor=" + std::to_string(last.value);
    if (query.state) {
        next += "&state=" + std::string(to_string(*query.state));
    }
    return query.repository.empty() ? next : next + "&repository=" + escaped(query.repository);
}

/// Looks again and again until the build is final or the time is over: cheap enough for the few
/// people who wait.
net::awaitable<Result<store::Build>> wait_for(
    Context& context, BuildId id, std::chrono::seconds longest
) {
    const auto until = std::chrono::steady_clock::now() + longest;
    net::steady_timer timer(co_await net::this_coro::executor);
    while (true) {
        auto build = co_await context.store.build(id);
        const bool over = std::chrono::steady_clock::now() >= until || context.stop.requested();
        if (!build || model::is_final(build->state) || over) {
            co_return build;
        }
        timer.expires_after(std::chrono::milliseconds(200));
        co_await timer.async_wait(net::as_tuple(net::use_awaitable));
    }
}

unsigned status_after_wait(const store::Build& build) {
    if (!model::is_final(build.state)) {
        return 504;
    }
    return build.state == model::BuildState::succeeded ? 200 : 409;
}

}  // namespace

net::awaitable<http::Response> list_builds(Context& context, http::Request request) {
    constexpr std::int64_t most = 200;
    const auto limit = number_of(request, "limit", 50);
    const auto cursor = number_of(request, "cursor", 0);
    if (!limit || *limit < 1 || !cursor) {
        co_return bad_query(limit && *limit >= 1 ? "cursor" : "limit");
    }
    store::BuildQuery query;
    query.limit = static_cast<int>(std::min(*limit, most));
    query.repository = request.query["repository"];
    if (*cursor > 0) {
        query.older_than = BuildId{*cursor};
    }
    if (const std::string& state = request.query["state"]; !state.empty()) {
        query.state = model::parse_build_state(state);
        if (!query.state) {
            co_return http::problem(
                400,
                "invalid-query",
                "Invalid query",
                "`state` is none of queued, running, succeeded, failed, cancelled, superseded"
            );
        }
    }
    const auto builds = co_await context.store.builds(query);
    if (!builds) {
        co_return http::problem(builds.error());
    }
    ordered_json json = {{"builds", ordered_json::array()}, {"next", nullptr}};
    for (const store::Build& build : *builds) {
        json["builds"].push_back(to_brief_json(build));
    }
    http::Response response = with_json(200, json);
    if (builds->size() == static_cast<std::size_t>(query.limit)) {
        const std::string next = next_page(query, builds->back().id);
        json["next"] = next;
        response = with_json(200, json);
        response.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
    }
    co_return response;
}

net::awaitable<http::Response> show_build(Context& context, http::PathValues values) {
    const auto id = parse_number(values["id"]);
    if (!id) {
        co_return no_such_build();
    }
    const auto build = co_await context.store.build(BuildId{*id});
    co_return build                              ? with_json(200, to_json(*build))
    : build.error().code == ErrorCode::not_found ? no_such_build()
                                                 : http::problem(build.error());
}

net::awaitable<http::Response> show_log(
    Context& context, http::Request request, http::PathValues values
) {
    const auto id = parse_number(values["id"]);
    const auto step = parse_number(values["step"]);
    const auto offset = number_of(request, "offset", 0);
    if (!offset) {
        co_return bad_query("offset");
    }
    if (!id || !step || *step > std::numeric_limits<int>::max()) {
        co_return http::problem(404, "not-found", "Not found", "there is no step of this number");
    }
    const auto build = co_await context.store.build(BuildId{*id});
    if (!build && build.error().code != ErrorCode::not_found) {
        co_return http::problem(build.error());
    }
    if (!build || static_cast<std::size_t>(*step) >= build->steps.size()) {
        co_return http::problem(
            404, "not-found", "Not found", "there is no step of this number in a build of this id"
        );
    }
    auto text = co_await context.store.log(BuildId{*id}, static_cast<int>(*step), *offset);
    if (!text) {
        co_return http::problem(text.error());
    }
    http::Response response{
        .status = 200,
        .content_type = "text/plain; charset=utf-8",
        .headers = {},
        .body = std::move(*text)
    };
    // A reader follows a log by asking again from here.
    response.headers.emplace_back(
        "X-Next-Offset", std::to_string(*offset + static_cast<std::int64_t>(response.body.size()))
    );
    co_return response;
}

net::awaitable<http::Response> request_build(Context& context, http::Request request) {
    const auto wait = number_of(request, "wait", 0);
    if (!wait || *wait > 3600) {
        co_return bad_query("wait");
    }
    auto build = parse_build_request(context.config.current(), request.body);
    if (!build) {
        co_return http::problem(build.error());
    }
    const auto accepted = co_await context.store.request(
        std::move(*build), std::string(request.header("idempotency-key"))
    );
    if (!accepted) {
        co_return http::problem(accepted.error());
    }
    context.wake();
    const BuildId id = *accepted->build;
    const auto result = co_await wait_for(context, id, std::chrono::seconds(*wait));
    if (!result) {
        co_return http::problem(result.error());
    }
    http::Response response =
        with_json(*wait == 0 ? 202 : status_after_wait(*result), to_json(*result));
    response.headers.emplace_back("Location", "/api/v1/builds/" + std::to_string(id.value));
    co_return response;
}

}  // namespace slipway::api
