#pragma once

#include "core/base/result.hpp"
#include "core/model/retry.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/base/slots.hpp"
#include "server/base/stop.hpp"
#include "server/config/live_config.hpp"
#include "server/engine/engine_api.hpp"
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
#include <optional>
#include <string>
#include <vector>

namespace slipway::factory {

/// One configured engine with its slots.
struct EngineSeat {
    std::string name;
    std::unique_ptr<engine::EngineApi> engine;
    std::size_t builds = 1;                                 ///< steps at the same time
    std::optional<engine::Builder> builder = std::nullopt;  ///< nothing: the engine's own choice
    std::optional<engine::EngineInfo> info;                 ///< of the last ping that was answered
    bool up = false;
};

/// What the factory is given; all of it outlives it.
struct Parts {
    const config::LiveConfig& config;
    store::Store& store;
    std::vector<EngineSeat>& engines;
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

    /// Asks every engine whether it is there, every 15 s until Stop.
    net::awaitable<void> watch_engines();

private:
    struct Shop;  // a configured repository with its planner

    Shop* find_shop(const std::string& repository);
    void launch(store::Build build);
    net::awaitable<void> work(store::Build build);
    net::awaitable<Result<Source>> prepare(store::Build& build, Shop& shop);
    net::awaitable<Result<Source>> prepare_with_retries(store::Build& build, Shop& shop);
    net::awaitable<Result<Outcome>> execute(const store::Build& build, const Source& source);
    net::awaitable<void> conclude(const store::Build& build, const Result<Outcome>& outcome);
    std::size_t pick_engine() const;

    net::any_io_executor executor_;
    Parts parts_;
    Slots all_slots_;
    std::vector<std::unique_ptr<Slots>> engine_slots_;
    std::vector<std::size_t> builds_on_engine_;
    std::map<const config::Repository*, std::unique_ptr<Shop>>
        shops_;  // of old configurations too: builds may still use them
    net::steady_timer idle_;
    std::size_t active_ = 0;
};

}  // namespace slipway::factory
