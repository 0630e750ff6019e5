#include "server/app/shutdown.hpp"

#include "server/app/service_manager.hpp"
#include "server/base/log.hpp"
#include "server/base/stop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

namespace slipway::app {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::chrono::seconds drain_time{20};

}  // namespace

Shutdown::Shutdown(
    const net::any_io_executor& executor,
    ServiceManager& manager,
    Stop& stop,
    std::function<void()> wake
)
    : executor_(executor),
      manager_(manager),
      stop_(stop),
      wake_(std::move(wake)),
      signals_(executor, SIGTERM, SIGINT),
      draining_(executor) {}

void Shutdown::end() {
    draining_.cancel();
    signals_.cancel();
}

net::awaitable<void> Shutdown::run() {
    if (const auto [error, number] = co_await signals_.async_wait(token); error) {
        co_return;
    }
    log::info("stopping: what runs may finish", {{"seconds", std::int64_t{drain_time.count()}}});
    manager_.tell("STOPPING=1");
    stop_.request();
    wake_();
    net::co_spawn(executor_, cancel_in_time(), [](std::exception_ptr thrown) {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    });
    const auto [error, number] = co_await signals_.async_wait(token);
    if (!error) {
        log::info("stopping now");
        draining_.cancel();
    }
}

net::awaitable<void> Shutdown::cancel_in_time() {
    draining_.expires_after(drain_time);
    co_await draining_.async_wait(token);
    stop_.cancel_all();
    wake_();
}

}  // namespace slipway::app
