#pragma once

#include "server/api/board.hpp"
#include "server/api/rate_limiter.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/commit_facts.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/router.hpp"
#include "server/reports/hook_watch.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace slipway::api {

namespace net = boost::asio;

/// What the handlers work on; all of it outlives the router that they are added to.
struct Context {
    const config::LiveConfig& config;
    store::Store& store;
    const factory::EnginePool& engines;
    factory::CommitFacts& commits;
    const Clock& clock;
    Metrics& metrics;
    const Stop& stop;
    Board& board;
    std::function<void()> wake;  ///< tells the factory that a build was queued
    /// Has the worker fetch its orders at once: somebody cancelled steps that it may have. Its next
    /// heartbeat tells it too.
    std::function<void()> stop_now = [] {};
    /// Until when nothing is pushed to a registry (its domain).
    std::function<std::optional<store::Time>(const std::string&)> blocked_until =
        [](const std::string& /*registry*/) { return std::nullopt; };
    /// The registries that were pushed to.
    std::function<std::set<std::string>()> seen_registries = [] { return std::set<std::string>(); };
    const reports::HookWatch* hooks = nullptr;  ///< null: nobody asks GitLab for its webhooks
    RateLimiter requests{};
    RateLimiter webhooks{};
};

/// Adds every path of the API.
void add_routes(http::Router& router, Context& context);

}  // namespace slipway::api
