#pragma once

#include "core/model/retry.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/thread_pool.hpp>

#include <string>

namespace slipway::factory {

namespace net = boost::asio;

/// What the factory is given; all of it outlives it.
struct Parts {
    const config::LiveConfig& config;
    store::Store& store;
    EnginePool& engines;
    EngineCare& care;
    registry::CredentialSource& credentials;
    registry::RegistryClient& registries;
    net::thread_pool& blocking;  ///< for files and programs: never held up by a remote
    net::thread_pool& fetching;  ///< for what fetches, which may take minutes, and plans
    const Clock& clock;
    Metrics& metrics;
    Stop& stop;
    model::RetryPolicy retry;
    std::string worker = "slipway";  ///< this process's name among those on the store
    bool is_one_of_many = false;     ///< others on the store have engines too
};

}  // namespace slipway::factory
