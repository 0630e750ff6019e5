#pragma once

#include "server/mirror/mirror.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace slipway::mirror {

/// Ends a call that takes too long by shutting its sockets down: every read on them then returns at
/// once.
///
/// libgit2 1.5 has no time-outs, and on ssh libssh2 waits on the socket itself, so nothing that
/// reads or writes can keep the time; the kernel knows when the last byte came. Thread-safe.
class Watchdog {
public:
    explicit Watchdog(FetchLimits limits);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    Watchdog(Watchdog&&) = delete;
    Watchdog& operator=(Watchdog&&) = delete;
    ~Watchdog() = default;

    /// Watches a connected TCP socket until unwatch(), which must come before it is closed.
    void watch(int socket);
    void unwatch(int socket);

    /// How long the next connection may take; never negative.
    [[nodiscard]] std::chrono::milliseconds patience() const;

    /// Whether all the time is used up.
    [[nodiscard]] bool is_over() const;

    /// Why the sockets were shut down; nothing while all is well.
    [[nodiscard]] std::optional<std::string> reason() const;

private:
    void run(const std::stop_token& stop);
    void check();

    FetchLimits limits_;
    std::chrono::steady_clock::time_point deadline_;
    mutable std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::vector<int> sockets_;
    std::optional<std::string> reason_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace slipway::mirror
