#pragma once

#include "core/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <expected>
#include <new>
#include <string>
#include <utility>

namespace slipway {

[[nodiscard]] inline std::unexpected<Error> fail_cancelled() {
    return fail(ErrorCode::cancelled, "the work was cancelled");
}

/// What `work` returns or, where it throws, an Error: exceptions end at an adapter's edge. Asio
/// throws in a coroutine that goes on after it was cancelled. A lack of memory may pass:
/// `unavailable`.
template <class T>
boost::asio::awaitable<Result<T>> caught(boost::asio::awaitable<Result<T>> work) {
    ErrorCode code = ErrorCode::internal;
    std::string words;
    try {
        co_return co_await std::move(work);
    } catch (const std::bad_alloc&) {
        code = ErrorCode::unavailable;
        words = "there was not enough memory; give slipway more, or let fewer builds run";
    } catch (const std::exception& error) {
        words = error.what();
    }
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
        co_return fail_cancelled();
    }
    co_return fail(code, words);
}

}  // namespace slipway
