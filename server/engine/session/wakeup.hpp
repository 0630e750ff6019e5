#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace slipway::engine::session {

/// Lets coroutines of one executor, which runs one handler at a time, wait for a change. Whoever
/// waits looks again at what it waits for, in a loop.
class Wakeup {
public:
    explicit Wakeup(const boost::asio::any_io_executor& executor)
        : timer_(executor, std::chrono::steady_clock::time_point::max()) {}

    boost::asio::awaitable<void> wait() {
        co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

    /// Wakes all that wait now.
    void notify() { timer_.cancel(); }

private:
    boost::asio::steady_timer timer_;  // never expires
};

}  // namespace slipway::engine::session
