#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace slipway {

/// Calls `work` on a blocking pool and resumes on the caller's executor with what it returned.
/// For libgit2, file reads and the like: never on the network's thread. What `work` refers to must
/// live until the call returns; it can't be cancelled midway.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> run_blocking(
    boost::asio::thread_pool&
        pool,  // NOLINT(cppcoreguidelines-avoid-reference-coroutine-parameters): outlives all work
    Work work
) {
    // The empty slot keeps the caller's cancellation out: Boost 1.81 would post it to the pool by a
    // pointer into a frame that may be gone by then.
    co_return co_await boost::asio::co_spawn(
        pool,
        [](Work job) -> boost::asio::awaitable<std::invoke_result_t<Work>> {
            co_return job();
        }(std::move(work)),
        boost::asio::bind_cancellation_slot(
            boost::asio::cancellation_slot(), boost::asio::use_awaitable
        )
    );
}

}  // namespace slipway
