#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/build_json.hpp"
#include "server/api/build_request.hpp"
#include "server/api/handlers.hpp"
#include "server/api/new_build.hpp"
#include "server/api/query.hpp"
#include "server/api/sse.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

std::string page_behind(
    const std::vector<store::Build>& builds, const Page& page, const store::BuildQuery& query
) {
    if (builds.size() < static_cast<std::size_t>(page.limit)) {
        return {};
    }
    const std::string_view state = query.state ? to_string(*query.state) : std::string_view();
    return next_page(
        "/api/v1/builds",
        page,
        builds.back().id.value,
        {{"state", state}, {"repository", query.repository}}
    );
}

http::Response bad_state() {
    return http::problem(
        400,
        "invalid-query",
        "Invalid query",
        "`state` is none of queued, running, succeeded, failed, cancelled, superseded"
    );
}

}  // namespace

net::awaitable<http::Response> list_builds(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const auto page = page_of(request);
    if (!page) {
        co_return page.error();
    }
    store::BuildQuery query;
    query.limit = page->limit;
    query.repository = text_of(request, "repository");
    if (page->cursor > 0) {
        query.older_than = BuildId{page->cursor};
    }
    if (const std::string state = text_of(request, "state"); !state.empty()) {
        query.state = model::parse_build_state(state);
        if (!query.state) {
            co_return bad_state();
        }
    }
    const auto builds = co_await context.store.builds(query);
    if (!builds) {
        co_return http::problem(builds.error());
    }
    ordered_json json = {{"builds", ordered_json::array()}};
    for (const store::Build& build : *builds) {
        json["builds"].push_back(to_brief_json(build));
    }
    co_return with_next(std::move(json), page_behind(*builds, *page, query));
}

net::awaitable<http::Response> show_build(
    Context& context, http::Request /*request*/, http::PathValues values
) {
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
    if (wants_events(request)) {
        co_return co_await stream_log(context, std::move(request), std::move(values));
    }
    const auto id = parse_number(values["id"]);
    const auto step = parse_number(values["step"]);
    const auto offset = number_of(request, "offset", 0);
    if (!offset) {
        co_return bad_query("offset");
    }
    if (!id || !step || *step > std::numeric_limits<int>::max()) {
        co_return no_such_step();
    }
    const auto build = co_await context.store.build(BuildId{*id});
    if (!build && build.error().code != ErrorCode::not_found) {
        co_return http::problem(build.error());
    }
    if (!build || static_cast<std::size_t>(*step) >= build->steps.size()) {
        co_return no_such_step();
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

net::awaitable<http::Response> request_build(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    auto asking = asking_of(request);
    if (!asking) {
        co_return std::move(asking.error());
    }
    auto build = parse_build_request(context.config.current(), request.body);
    if (!build) {
        co_return http::problem(build.error());
    }
    co_return co_await ask_for(context, std::move(*build), std::move(*asking));
}

}  // namespace slipway::api
