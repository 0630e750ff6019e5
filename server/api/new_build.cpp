#include "server/api/new_build.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/build_json.hpp"
#include "server/api/query.hpp"
#include "server/base/log.hpp"
#include "server/base/trace_context.hpp"
#include "server/factory/wanted_reports.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/store/store.hpp"
#include "server/store/timed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

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

std::expected<Asking, http::Response> asking_of(const http::Request& request) {
    constexpr std::chrono::seconds longest = std::chrono::hours(1);
    const auto wait = number_of(request, "wait", 0);
    if (!wait || *wait > longest.count()) {
        return std::unexpected(bad_query("wait"));
    }
    auto dry_run = is_dry_run(request);
    if (!dry_run) {
        return std::unexpected(std::move(dry_run.error()));
    }
    if (!is_key(request.header("idempotency-key"))) {
        return std::unexpected(bad_key());
    }
    return Asking{
        .key = std::string(request.header("idempotency-key")),
        .wait = std::chrono::seconds(*wait),
        .dry_run = *dry_run,
        .trace = trace_of(request.header("traceparent"))
    };
}

net::awaitable<http::Response> ask_for(Context& context, store::NewBuild build, Asking asking) {
    if (asking.dry_run) {
        const nlohmann::ordered_json json = {{"dry_run", true}, {"request", to_json(build)}};
        co_return with_json(200, json);
    }
    build.reports = factory::wanted_reports(context.config.current(), build.repository);
    build.trace = asking.trace;
    const auto accepted = co_await store::timed(
        context.metrics, "accept", context.store.request(std::move(build), std::move(asking.key))
    );
    if (!accepted) {
        co_return http::problem(accepted.error());
    }
    context.wake();
    const BuildId id = *accepted->build;
    log::info(
        "build requested",
        {{"build", id.value},
         {"duplicate", accepted->duplicate},
         {"trace_id", asking.trace.trace_id}}
    );
    const auto result = co_await wait_for(context, id, asking.wait);
    if (!result) {
        co_return http::problem(result.error());
    }
    const unsigned status = asking.wait.count() == 0 ? 202 : status_after_wait(*result);
    http::Response response = with_json(status, to_json(*result));
    response.headers.emplace_back("Location", "/api/v1/builds/" + std::to_string(id.value));
    co_return response;
}

}  // namespace slipway::api
