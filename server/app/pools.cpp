#include "server/app/pools.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <latch>
#include <memory>

namespace slipway::app {
namespace {

namespace net = boost::asio;

/// glibc gives a thread memory of its own when it first asks for some. Were there none at that
/// moment, the thread could not hand on what it has done, and Asio would end the process: so each
/// asks at the start.
void warm_up(net::thread_pool& pool) {
    const auto all = std::make_shared<std::latch>(std::ptrdiff_t{Pools::threads});
    for (std::size_t i = 0; i < Pools::threads; ++i) {
        net::post(pool, [all, &pool] {
            net::post(pool, [] {});  // allocates
            all->arrive_and_wait();  // so that no thread gets two of these
        });
    }
    all->wait();
}

}  // namespace

Pools::Pools() {
    for (net::thread_pool* const pool : {&blocking, &fetching, &reading}) {
        warm_up(*pool);
    }
}

void Pools::join() {
    blocking.join();
    fetching.join();
    reading.join();
}

}  // namespace slipway::app
