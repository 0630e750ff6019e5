#pragma once

#include "server/store/postgres.hpp"
#include "server/store/postgres_connect.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace slipway::store::postgres {

/// A thread with a connection of its own that NOTIFYs others after something was written; what is
/// announced within 20 ms is said once. Not part of the writes' own transactions: those of a server
/// that NOTIFY are committed one after another, each with a flush of its own. A hint, never the
/// truth: what a process announced right before it was killed may not be said.
class Announcer {
public:
    /// `channel` and `payload` are plain words of at most 63 letters, digits and underscores.
    Announcer(
        const std::string& url,
        const ConnectOptions& options,
        const std::string& channel,
        const std::string& payload
    );
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;
    Announcer(Announcer&&) = delete;
    Announcer& operator=(Announcer&&) = delete;

    /// Says what is left to say, where the server was there the last time.
    ~Announcer();

    /// To be called after the commit. Any thread; returns at once. While the server is away it is
    /// kept, and tried again every second.
    void announce();

private:
    void run();
    bool say();

    const std::string url_;
    const ConnectOptions options_;
    const std::string notify_;

    std::optional<Database> database_;  // the thread's own; none: the server was away
    std::mutex mutex_;                  // guards the next two
    bool due_ = false;
    bool stopping_ = false;
    std::condition_variable changed_;
    std::thread thread_;  // last: it uses all the others
};

}  // namespace slipway::store::postgres
