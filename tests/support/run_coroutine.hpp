#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

namespace slipway::test {

/// Runs `work` on `context` in the calling thread until it has completed, and returns its value or
/// throws what it threw. Other work of `context` goes on meanwhile. Throws std::runtime_error where
/// `work` does not complete: a test can't pass without having run.
template <class T>
T run_coroutine(
    boost::asio::io_context& context,
    boost::asio::awaitable<T> work,
    std::chrono::seconds limit = std::chrono::seconds(30)
) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::future<T> done = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
    const auto is_done = [&done] {
        return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    context.restart();
    while (!is_done() && context.run_one_until(deadline) > 0) {
    }
    if (!is_done()) {
        throw std::runtime_error("the coroutine did not complete");
    }
    return done.get();
}

/// The same on a context that all calls of a thread share. It outlives them, as a server's does:
/// Asio's co_spawn between executors (run_blocking) holds on to the caller's context for a moment
/// after the caller has gone on.
template <class T>
T run_coroutine(
    boost::asio::awaitable<T> work, std::chrono::seconds limit = std::chrono::seconds(30)
) {
    thread_local boost::asio::io_context context;
    return run_coroutine(context, std::move(work), limit);
}

}  // namespace slipway::test
