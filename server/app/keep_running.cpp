#include "server/app/keep_running.hpp"

#include "server/base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <string>

namespace slipway::app {

namespace net = boost::asio;

net::awaitable<void> keep_running(
    std::string name, std::function<net::awaitable<void>()> begin, std::chrono::milliseconds pause
) {
    net::steady_timer timer(co_await net::this_coro::executor);
    while (true) {
        std::string words;
        try {
            co_await begin();
            co_return;
        } catch (const std::exception& error) {
            words = error.what();
        }
        auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
        log::error(
            "a part of slipway ended by an exception and begins again in a moment",
            {{"part", name}, {"reason", words}}
        );
        timer.expires_after(pause);
        co_await timer.async_wait(net::as_tuple(net::use_awaitable));
        state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
    }
}

}  // namespace slipway::app
