#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <utility>

namespace slipway {

/// So many may do something at the same time; the others wait in turn. All on one executor's
/// thread, so there is no lock.
class Slots {
public:
    Slots(const boost::asio::any_io_executor& executor, std::size_t count)
        : free_(executor, count) {
        for (std::size_t i = 0; i < count; ++i) {
            free_.try_send(boost::system::error_code{});
        }
    }

    /// Holds one slot while it lives.
    class Held {
    public:
        explicit Held(Slots& slots) : slots_(&slots) {}

        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        Held(Held&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}

        Held& operator=(Held&&) = delete;

        ~Held() {
            if (slots_ != nullptr) {
                slots_->free_.try_send(boost::system::error_code{});
            }
        }

    private:
        Slots* slots_;
    };

    /// Waits for a slot. Throws boost::system::system_error when the waiting coroutine is
    /// cancelled.
    boost::asio::awaitable<Held> acquire() {
        co_await free_.async_receive(boost::asio::use_awaitable);
        co_return Held(*this);
    }

private:
    boost::asio::experimental::channel<void(boost::system::error_code)> free_;
};

}  // namespace slipway
