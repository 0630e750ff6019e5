#pragma once

#include "core/base/result.hpp"
#include "server/base/caught.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <variant>

namespace slipway::client {

template <class T>
boost::asio::awaitable<Result<T>> fail_after(std::chrono::milliseconds limit) {
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, limit);
    const auto [error] =
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) {
        co_return fail_cancelled();
    }
    co_return fail(
        ErrorCode::unavailable,
        "stopped: it took longer than " + std::to_string(limit.count()) +
            " ms; is it reachable from here?"
    );
}

/// Runs `work`, at most for `limit`: then it is cancelled and the answer is `unavailable`; where
/// the caller is cancelled, `cancelled`. Throws nothing.
template <class T>
boost::asio::awaitable<Result<T>> within(
    std::chrono::milliseconds limit, boost::asio::awaitable<Result<T>> work
) {
    using namespace boost::asio::experimental::awaitable_operators;
    auto first = co_await (caught(std::move(work)) || fail_after<T>(limit));
    Result<T> answer = std::visit([](Result<T>& ended) { return std::move(ended); }, first);
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (!answer && state.cancelled() != boost::asio::cancellation_type::none) {
        co_return fail_cancelled();
    }
    co_return answer;
}

}  // namespace slipway::client
