#include "server/base/gate.hpp"

#include "core/base/result.hpp"
#include "server/base/caught.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace slipway {

namespace net = boost::asio;

struct Gate::Waiter {
    explicit Waiter(const net::any_io_executor& executor)
        : turn(executor, net::steady_timer::time_point::max()) {}

    net::steady_timer turn;  // cancelled when it comes
    std::optional<Pass> pass;
};

Gate::Pass::~Pass() {
    if (gate_) {
        leave(std::move(gate_));
    }
}

net::awaitable<Result<Gate::Pass>> Gate::enter(std::shared_ptr<Gate> gate) {
    if (!std::exchange(gate->is_taken_, true)) {
        co_return Pass(std::move(gate));
    }
    const auto waiter = std::make_shared<Waiter>(gate->executor_);
    gate->waiting_.push_back(waiter);
    co_await waiter->turn.async_wait(net::as_tuple(net::use_awaitable));
    if (!waiter->pass) {
        std::erase(gate->waiting_, waiter);  // NOLINT(misc-include-cleaner): deque has it
        co_return fail_cancelled();
    }
    // Also where it was cancelled since: then the caller ends, and the pass goes on with it.
    co_return *std::move(waiter->pass);
}

/// A waiter whose coroutine could not wait, for a lack of memory, drops the pass and so gives it
/// on.
void Gate::leave(std::shared_ptr<Gate> gate) noexcept {
    if (gate->waiting_.empty()) {
        gate->is_taken_ = false;
        return;
    }
    const std::shared_ptr<Waiter> next = std::move(gate->waiting_.front());
    gate->waiting_.pop_front();
    next->pass.emplace(Pass(std::move(gate)));
    next->turn.cancel();
}

}  // namespace slipway
