#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

struct pg_conn;

namespace slipway::store::postgres {

struct ConnectOptions {
    /// Used in place of the URL's; never shown.
    std::string password{};
    /// For all of connecting, but for the look-up of the host's name, which can't be stopped.
    std::chrono::milliseconds connect_timeout{5000};
    /// After these the server gives a statement up.
    std::chrono::milliseconds statement_timeout{30000};
    std::chrono::milliseconds lock_timeout{5000};
    /// A server that has not answered this long after statement_timeout is taken for gone.
    std::chrono::milliseconds answer_grace{5000};
};

struct Finish {
    void operator()(pg_conn* connection) const;
};

using Handle = std::unique_ptr<pg_conn, Finish>;

using Deadline = std::chrono::steady_clock::time_point;

/// A descriptor that ends every wait as soon as it can be read; none: nothing does.
constexpr int no_stop = -1;

/// Whether one of poll()'s `events` came at `socket` before the deadline; without one it waits for
/// ever. Throws PostgresFailure (`cancelled`) at a stop.
[[nodiscard]] bool wait_for(int socket, short events, std::optional<Deadline> deadline, int stop);

/// A connection that does not block, whose session has yet to be set up. `url` is
/// `postgresql://user@host:port/database?…` with libpq's parameters. Throws PostgresFailure:
/// `invalid` (the URL, the user, the password, no such database), `unavailable`.
[[nodiscard]] Handle connect(
    const std::string& url, const ConnectOptions& options, Deadline deadline, int stop
);

}  // namespace slipway::store::postgres
