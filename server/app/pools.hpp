#pragma once

#include <boost/asio/thread_pool.hpp>

#include <cstddef>

namespace slipway::app {

/// Threads for what blocks, a pool for each thing that is waited for, so that none waits for
/// another's: for a remote that hangs above all. Outlives all work.
struct Pools {
    static constexpr std::size_t threads = 4;

    /// Returns when each thread has run.
    Pools();

    /// Waits until all work has ended.
    void join();

    boost::asio::thread_pool blocking{threads};  ///< contexts, credential helpers, other programs
    boost::asio::thread_pool fetching{threads};  ///< remotes, and planning what came of them
    boost::asio::thread_pool reading{threads};   ///< the store's reads, where it is SQLite
};

}  // namespace slipway::app
