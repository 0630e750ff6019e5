#pragma once

#include "server/app/service_manager.hpp"
#include "server/base/stop.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace slipway::app {

namespace net = boost::asio;

/// SIGTERM and SIGINT, from the start of its life: after the first one nothing new is begun, and
/// what runs has 20 s; then, or after the second one, it is cancelled. On one thread, its
/// executor's.
class Shutdown {
public:
    /// All outlive it. `wake`: called after `stop` changed.
    Shutdown(
        const net::any_io_executor& executor,
        ServiceManager& manager,
        Stop& stop,
        std::function<void()> wake
    );
    Shutdown(const Shutdown&) = delete;
    Shutdown& operator=(const Shutdown&) = delete;
    Shutdown(Shutdown&&) = delete;
    Shutdown& operator=(Shutdown&&) = delete;
    ~Shutdown() = default;

    /// Waits for the signals, until end().
    [[nodiscard]] net::awaitable<void> run();

    /// Everything has ended: nothing is waited for any more.
    void end();

private:
    net::awaitable<void> cancel_in_time();

    net::any_io_executor executor_;
    ServiceManager& manager_;
    Stop& stop_;
    std::function<void()> wake_;
    net::signal_set signals_;
    net::steady_timer draining_;
};

}  // namespace slipway::app
