#pragma once

#include "core/base/result.hpp"
#include "core/model/retry.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/run_build.hpp"
#include "server/factory/work.hpp"
#include "server/planning/planner.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace slipway::factory {

/// What the factory is given; all of it outlives it.
struct Parts {
    const config::LiveConfig& config;
    store::Store& store;
    EnginePool& engines;
    EngineCare& care;
    registry::CredentialSource& credentials;
    registry::RegistryClient& registries;
    net::thread_pool& blocking;
    const Clock& clock;
    Metrics& metrics;
    Stop& stop;
    model::RetryPolicy retry;
};

/// The daemon's loop: claims builds, brings the mirror up to date, plans, runs the steps, reports.
/// All on one thread, its executor's.
class Factory {
public:
    Factory(net::any_io_executor executor, Parts parts);
    Factory(const Factory&) = delete;
    Factory& operator=(const Factory&) = delete;
    Factory(Factory&&) = delete;
    Factory& operator=(Factory&&) = delete;
    ~Factory();

    /// Goes on with what a stopped process left running, then works until Stop is requested and
    /// what runs has ended.
    net::awaitable<void> run();

    /// A build was queued: look now. The store is also looked at every few seconds; this only saves
    /// the wait.
    void wake();

private:
    struct Shop;  // a configured repository with its planner

    Shop* find_shop(const std::string& repository);
    void launch(store::Build build);
    net::awaitable<void> work(store::Build build);
    net::awaitable<Result<Source>> prepare(store::Build& build, Shop& shop);
    net::awaitable<Result<Source>> prepare_with_retries(store::Build& build, Shop& shop);
    net::awaitable<Result<Outcome>> execute(const store::Build& build, const Source& source);
    net::awaitable<void> conclude(const store::Build& build, const Result<Outcome>& outcome);

    net::any_io_executor executor_;
    Parts parts_;
    std::map<const config::Repository*, std::unique_ptr<Shop>>
        shops_;  // of old configurations too: builds may still use them
    net::steady_timer idle_;
    std::size_t active_ = 0;
};

}  // namespace slipway::factory
