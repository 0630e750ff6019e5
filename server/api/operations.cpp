#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace slipway::api {

net::awaitable<http::Response> show_ready(Context& context) {
    if (context.stop.requested()) {
        co_return http::problem(503, "stopping", "Stopping", "the daemon is shutting down");
    }
    // Ready means: a delivery can be stored. An engine that is away only makes builds wait.
    store::BuildQuery newest;
    newest.limit = 1;
    const auto builds = co_await context.store.builds(newest);
    if (!builds) {
        co_return http::problem(builds.error());
    }
    co_return http::Response{
        .status = 200, .content_type = "text/plain; charset=utf-8", .headers = {}, .body = "ready\n"
    };
}

net::awaitable<http::Response> show_metrics(Context& context) {
    if (const auto snapshot = co_await context.store.snapshot()) {
        context.metrics.queue(
            snapshot->queued_total, static_cast<std::int64_t>(snapshot->running.size())
        );
        context.metrics.owed(snapshot->owed_total);
    }
    if (const auto reports = co_await context.store.report_totals()) {
        context.metrics.reports(reports->due, reports->dead);
    }
    co_return http::Response{
        .status = 200,
        .content_type = "text/plain; version=0.0.4; charset=utf-8",
        .headers = {},
        .body = context.metrics.exposition(),
    };
}

}  // namespace slipway::api
