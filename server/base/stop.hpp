#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <list>

namespace slipway {

/// Asks work to end: first no new work is begun (requested()), then what still runs is cancelled.
/// One thread.
class Stop {
public:
    [[nodiscard]] bool requested() const { return requested_; }

    void request() { requested_ = true; }

    /// A signal for one piece of work, as long as the Registration lives.
    class Registration {
    public:
        explicit Registration(Stop& stop)
            : stop_(stop), at_(stop.signals_.emplace(stop.signals_.end())) {}

        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;
        Registration(Registration&&) = delete;
        Registration& operator=(Registration&&) = delete;

        ~Registration() { stop_.signals_.erase(at_); }

        boost::asio::cancellation_slot slot() { return at_->slot(); }

        /// This piece of work alone.
        void cancel() { at_->emit(boost::asio::cancellation_type::terminal); }

    private:
        Stop& stop_;
        std::list<boost::asio::cancellation_signal>::iterator at_;
    };

    void cancel_all() {
        requested_ = true;
        for (auto at = signals_.begin(); at != signals_.end();) {
            (at++)->emit(boost::asio::cancellation_type::terminal);
        }
    }

private:
    bool requested_ = false;
    std::list<boost::asio::cancellation_signal> signals_;
};

}  // namespace slipway
