#include "server/http/deadline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace slipway::http {

namespace {

using Clock = std::chrono::steady_clock;
constexpr Clock::time_point never = Clock::time_point::max();

}  // namespace

struct Deadline::State : std::enable_shared_from_this<State> {
    State(const boost::asio::any_io_executor& executor, std::function<void()> call)
        : timer(executor), on_expiry(std::move(call)) {}

    void arm();
    void on_timer();

    boost::asio::steady_timer timer;
    std::function<void()> on_expiry;
    Clock::time_point due = never;
    Clock::time_point armed = never;
    bool expired = false;
};

void Deadline::State::arm() {
    armed = due;
    timer.expires_at(due);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) {
            self->on_timer();
        }
    });
}

void Deadline::State::on_timer() {
    armed = never;
    if (due == never) {
        return;
    }
    if (Clock::now() < due) {
        arm();
        return;
    }
    expired = true;
    due = never;
    on_expiry();
}

Deadline::Deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(executor, std::move(on_expiry))) {}

Deadline::~Deadline() {
    end();
}

void Deadline::allow(std::chrono::milliseconds time) {
    state_->expired = false;
    state_->due = Clock::now() + time;
    if (state_->due < state_->armed) {
        state_->arm();
    }
}

void Deadline::allow_any_time() {
    state_->expired = false;
    state_->due = never;
}

bool Deadline::expired() const {
    return state_->expired;
}

void Deadline::end() {
    allow_any_time();
    state_->timer.cancel();
}

}  // namespace slipway::http
