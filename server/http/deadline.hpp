#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace slipway::http {

/// The one deadline that a connection has at a time. Used on `executor` only, which runs one
/// handler at a time.
///
/// The timer is armed only where a deadline is earlier than what it waits for: on a busy
/// connection, where deadlines move on with every request, that is almost never.
class Deadline {
public:
    /// `on_expiry` is called on the executor, never after end().
    Deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry);
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    Deadline(Deadline&&) = delete;
    Deadline& operator=(Deadline&&) = delete;
    /// Requires: end() was called, or the executor runs nothing any more. It may be on any thread.
    ~Deadline();

    /// From now on, instead of what was allowed before.
    void allow(std::chrono::milliseconds time);

    void allow_any_time();

    /// Whether the time last allowed ran out.
    [[nodiscard]] bool expired() const;

    /// No call of `on_expiry` comes after it, and nothing waits any more.
    void end();

private:
    struct State;
    // Shared with the timer's handler, which may run after the Deadline went.
    std::shared_ptr<State> state_;
};

}  // namespace slipway::http
