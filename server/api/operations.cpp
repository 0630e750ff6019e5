#include "core/model/image_ref.hpp"
#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/api/queue_figures.hpp"
#include "server/config/config.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <set>
#include <string>

namespace slipway::api {
namespace {

void tell_engines(Context& context) {
    for (const factory::EngineSeat& seat : context.engines.seats()) {
        context.metrics.engine_slots(seat.name, seat.settings.builds, seat.busy);
    }
}

/// The configuration's registries have a folder behind their name, or none.
void add_configured(const config::Config& config, std::set<std::string>& registries) {
    for (const config::Registry& registry : config.registries) {
        registries.insert(registry.host);
    }
    for (const config::Repository& repository : config.repositories) {
        const auto reference = model::parse_image_ref(repository.registry + "/image");
        if (reference) {
            registries.insert(reference->domain);
        }
    }
}

void tell_registries(Context& context) {
    std::set<std::string> registries = context.seen_registries();
    add_configured(context.config.current(), registries);
    std::map<std::string, bool> up;
    for (const std::string& registry : registries) {
        up[registry] = !context.blocked_until(registry);
    }
    context.metrics.registries(up);
}

}  // namespace

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
    // Made anew only where something has changed. While the store is away the last one ages on.
    co_await context.board.now();
    if (const auto& picture = context.board.last()) {
        tell(context.metrics, picture->queue, context.clock.now());
    }
    tell_engines(context);
    tell_registries(context);
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
