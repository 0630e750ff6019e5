#pragma once

#include "server/mirror/watchdog.hpp"

#include <string>
#include <utility>

namespace slipway::mirror {

/// While it lives, connections that libgit2 makes on this thread are bounded by `watchdog`. One at
/// a time per thread; libgit2 gives a new stream no word about the call that it is for, hence the
/// thread.
class WatchedConnections {
public:
    explicit WatchedConnections(Watchdog& watchdog);
    WatchedConnections(const WatchedConnections&) = delete;
    WatchedConnections& operator=(const WatchedConnections&) = delete;
    WatchedConnections(WatchedConnections&&) = delete;
    WatchedConnections& operator=(WatchedConnections&&) = delete;
    ~WatchedConnections();

    /// The port of the newest connection, as the address had it.
    [[nodiscard]] const std::string& port() const { return port_; }

    [[nodiscard]] Watchdog& watchdog() { return *watchdog_; }

    void set_port(std::string port) { port_ = std::move(port); }

private:
    Watchdog* watchdog_;
    std::string port_;
};

/// Makes libgit2 use our sockets for http, below TLS, and below ssh. Once for the process.
void register_socket_stream();

}  // namespace slipway::mirror
