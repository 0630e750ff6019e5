#pragma once

#include "core/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <expected>
#include <utility>

namespace slipway {

[[nodiscard]] inline std::unexpected<Error> fail_cancelled() {
    return fail(ErrorCode::cancelled, "the work was cancelled");
}

/// `internal`, but `unavailable` where there was too little memory, or too few threads or open
/// files, which may pass.
[[nodiscard]] Error error_of(const std::exception& thrown);

/// What `work` returns or, where it throws, error_of() that: exceptions end at an adapter's edge.
/// Asio throws in a coroutine that goes on after it was cancelled: `cancelled`.
template <class T>
boost::asio::awaitable<Result<T>> caught(boost::asio::awaitable<Result<T>> work) {
    Error error;
    try {
        co_return co_await std::move(work);
    } catch (const std::exception& thrown) {
        error = error_of(thrown);
    }
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
        co_return fail_cancelled();
    }
    co_return std::unexpected(std::move(error));
}

}  // namespace slipway
