#pragma once

#include "server/app/serve.hpp"
#include "server/app/service_manager.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_pool.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::app {

namespace net = boost::asio;

/// With each SIGHUP reads the configuration anew and puts it in force; says in the log what of it
/// needs a restart. One with errors, which the log has, is left alone. All outlive it, and are used
/// on its caller's thread. Until it is cancelled.
[[nodiscard]] net::awaitable<void> reload_on_signal(
    const LoadConfig& load,
    config::LiveConfig& live,
    factory::EnginePool& engines,
    const ServiceManager& manager
);

}  // namespace slipway::app
