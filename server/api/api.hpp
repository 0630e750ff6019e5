#pragma once

#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace slipway::api {

namespace net = boost::asio;

/// What the handlers work on; all of it outlives the router that they are added to.
struct Context {
    const config::LiveConfig& config;
    store::Store& store;
    const factory::EnginePool& engines;
    const Clock& clock;
    Metrics& metrics;
    const Stop& stop;
    std::function<void()> wake;  ///< tells the factory that a build was queued
    /// Has the worker fetch its orders at once: somebody cancelled steps that it may have. Its next
    /// heartbeat tells it too.
    std::function<void()> stop_now = [] {};
};

/// Adds every path of the API.
void add_routes(http::Router& router, Context& context);

}  // namespace slipway::api
