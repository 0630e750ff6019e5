#pragma once

#include "server/config/config.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace slipway::app {

/// Tells whoever started the daemon how it does, by the protocol of sd_notify(3): systemd's, and
/// that of others. Any thread. Without a NOTIFY_SOCKET in the environment nothing is told; what
/// can't be told is a warning in the log, since the daemon works without.
class ServiceManager {
public:
    /// Reads NOTIFY_SOCKET (a path, or `@name` of an abstract one), and WATCHDOG_USEC where
    /// WATCHDOG_PID names this process or is missing.
    explicit ServiceManager(const config::Environment& variable);

    /// One or more states, a line each: `READY=1`, `STOPPING=1`, `STATUS=…`. Waits a second at most
    /// where the manager has not read what it was told before; it is not told again.
    void tell(std::string_view states) const;

    /// `RELOADING=1` with the time that systemd wants beside it; a `READY=1` must follow.
    void tell_reloading() const;

    /// Tells that the thread it runs on gets on, twice in the time after which the manager takes
    /// the daemon for hung; until it is cancelled. Ends at once where no manager asks for it. Never
    /// waits for the manager: the next message does as well.
    [[nodiscard]] boost::asio::awaitable<void> watch() const;

private:
    std::string socket_;
    std::chrono::microseconds alive_every_;  ///< zero: nobody asks
};

}  // namespace slipway::app
