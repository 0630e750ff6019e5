#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace slipway {

/// Calls `work` on the blocking pool and resumes on the caller's executor with what it returned. For libgit2, file reads and the
/// like: never on the network's thread. What `work` refers to must live until the call returns; it can't be cancelled midway.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> run_blocking(boost::asio::thread_pool& pool, Work work) {
    co_return co_await boost::asio::co_spawn(
        pool,
        [](Work job) -> boost::asio::awaitable<std::invoke_result_t<Work>> { co_return job(); }(std::move(work)),
        boost::asio::use_awaitable
    );
}

}  // namespace slipway
