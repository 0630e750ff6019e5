#pragma once

#include "core/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <utility>

namespace slipway {

/// Lets one in at a time, in the order in which they came. Who waits is a coroutine and takes no
/// thread from others: a mutex that is held for minutes would, of a pool. As many wait as there are
/// callers, whose number is theirs to bound. All on one thread, its executor's.
class Gate {
public:
    /// Whoever has it is in; the next one is as soon as it goes.
    class Pass {
    public:
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        Pass(Pass&&) noexcept = default;
        Pass& operator=(Pass&&) = delete;
        ~Pass();

    private:
        friend class Gate;

        explicit Pass(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}

        std::shared_ptr<Gate> gate_;  ///< null: moved from
    };

    explicit Gate(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// Waits for its turn. Error: `cancelled`, before the turn came.
    [[nodiscard]] static boost::asio::awaitable<Result<Pass>> enter(std::shared_ptr<Gate> gate);

private:
    struct Waiter;

    static void leave(std::shared_ptr<Gate> gate) noexcept;

    boost::asio::any_io_executor executor_;
    bool is_taken_ = false;
    std::deque<std::shared_ptr<Waiter>> waiting_;
};

}  // namespace slipway
