#include "server/app/reload.hpp"

#include "core/base/source_error.hpp"
#include "server/app/engines.hpp"
#include "server/app/serve.hpp"
#include "server/app/service_manager.hpp"
#include "server/base/log.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_pool.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <utility>

namespace slipway::app {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);

bool needs_restart(const config::Config& now, const config::Config& old) {
    return now.listen != old.listen || now.data != old.data || now.store != old.store ||
           now.store_password != old.store_password || now.replica != old.replica ||
           !same_places(now, old) || now.docker_config != old.docker_config ||
           now.registries != old.registries || now.log != old.log;
}

/// Whether it is in force.
bool reload(config::ParsedConfig loaded, config::LiveConfig& live, factory::EnginePool& engines) {
    for (const SourceError& error : loaded.errors) {
        log::error("the configuration is not reloaded", {{"reason", to_string(error)}});
    }
    if (!loaded.errors.empty()) {
        return false;
    }
    if (needs_restart(loaded.config, live.current())) {
        log::warning(
            "listen, data, store, log, the engines' names and addresses, registries and "
            "docker_config change only with a restart"
        );
    }
    for (const config::Engine& engine : loaded.config.engines) {
        engines.change(seat_name(loaded.config, engine), seat_settings(engine));
    }
    live.replace(std::move(loaded.config));
    log::info("configuration reloaded");
    return true;
}

}  // namespace

net::awaitable<void> reload_on_signal(
    const LoadConfig& load,
    config::LiveConfig& live,
    factory::EnginePool& engines,
    const ServiceManager& manager
) {
    const auto executor = co_await net::this_coro::executor;
    net::signal_set hangups(executor, SIGHUP);  // NOLINT(misc-include-cleaner): csignal has it
    while (true) {
        if (const auto [error, number] = co_await hangups.async_wait(token); error) {
            co_return;
        }
        manager.tell_reloading();
        manager.tell(
            reload(load(), live, engines)
                ? "READY=1\nSTATUS="
                : "READY=1\nSTATUS=the configuration has errors; the old one is in force"
        );
    }
}

}  // namespace slipway::app
