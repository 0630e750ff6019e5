#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

namespace slipway::test {

template <class T>
bool is_ready(const std::future<T>& future) {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// Runs the work of `context` in the calling thread until `is_done()` says so, which is asked after
/// each piece of it; false where that does not come within `limit`. A context that was stopped
/// meanwhile goes on: Asio's co_spawn between executors (run_blocking) holds on to the caller's
/// context for a moment after the caller has gone on, so the thread that lets go of an earlier call
/// last may stop the context of the next one.
template <class Condition>
bool run_until(
    boost::asio::io_context& context,
    Condition is_done,
    std::chrono::seconds limit = std::chrono::seconds(30)
) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const auto open = boost::asio::make_work_guard(context);
    while (!is_done()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        context.restart();
        context.run_one_until(deadline);
    }
    return true;
}

/// Runs `work` on `context` in the calling thread until it has completed, and returns its value or
/// throws what it threw. Other work of `context` goes on meanwhile. Throws std::runtime_error where
/// `work` does not complete: a test can't pass without having run.
template <class T>
T run_coroutine(
    boost::asio::io_context& context,
    boost::asio::awaitable<T> work,
    std::chrono::seconds limit = std::chrono::seconds(30)
) {
    std::future<T> done = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
    if (!run_until(context, [&done] { return is_ready(done); }, limit)) {
        throw std::runtime_error("the coroutine did not complete");
    }
    return done.get();
}

/// The same on a context that all calls of a thread share. It outlives them, as a server's does.
template <class T>
T run_coroutine(
    boost::asio::awaitable<T> work, std::chrono::seconds limit = std::chrono::seconds(30)
) {
    thread_local boost::asio::io_context context;
    return run_coroutine(context, std::move(work), limit);
}

}  // namespace slipway::test
