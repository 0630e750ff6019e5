#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace slipway::bench {

namespace net = boost::asio;

/// `sqlite:FILE` or `postgresql://…`, as the configuration names a store.
[[nodiscard]] bool is_postgres(const std::string& place);
[[nodiscard]] std::string sqlite_file(const std::string& place);

/// The value of what must succeed.
template <class T>
T must(Result<T> result) {
    if (!result) {
        throw std::runtime_error(result.error().message);
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

/// An open store with what it needs.
class Place {
public:
    explicit Place(const std::string& place);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place();

    store::Store& store() { return *store_; }

    net::io_context& context() { return context_; }

    /// Waits for a call's answer, in this thread.
    template <class T>
    T get(net::awaitable<Result<T>> call) {
        return must(test::run_coroutine(context_, std::move(call)));
    }

private:
    net::io_context context_;  // first: the store's threads may still be busy with an answer to it
    SystemClock clock_;
    net::thread_pool blocking_{2};
    std::unique_ptr<store::Store> store_;
};

}  // namespace slipway::bench
