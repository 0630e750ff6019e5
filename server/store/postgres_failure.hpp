#pragma once

#include "core/base/result.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store {

/// What PostgreSQL or libpq refused. Thrown within this folder only, and caught at its edges.
///
/// `unavailable`: the connection or the server is gone, or gave up for now (a lock, a deadlock, a
/// timeout, a full disk, a standby that only reads). `conflict`: a unique key is taken. `invalid`:
/// who runs slipway must change something, or a text can't be stored. `too_large`: a limit of
/// PostgreSQL's. `internal`: everything else.
class PostgresFailure final : public std::exception {
public:
    explicit PostgresFailure(Error error, bool worth_retrying = false)
        : error_(std::move(error)), worth_retrying_(worth_retrying) {}

    [[nodiscard]] const Error& error() const { return error_; }

    /// The same transaction may well succeed at once: another one was in its way (40001, 40P01).
    [[nodiscard]] bool worth_retrying() const { return worth_retrying_; }

    [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

private:
    Error error_;
    bool worth_retrying_;
};

/// `doing: message (PostgreSQL 23505)`, from the fields of a server's error. A message that may
/// repeat a stored value, as those of class 22 do, is left out. The codes:
/// https://www.postgresql.org/docs/15/errcodes-appendix.html
[[nodiscard]] PostgresFailure failure_of(
    std::string_view doing, std::string_view sqlstate, std::string_view message
);

/// libpq's lines as one, without the place in the server's sources.
[[nodiscard]] std::string one_line(std::string_view words);

/// From what libpq says of a connection that was not made, with its verbosity VERBOSE: the code
/// stands in the text alone then.
[[nodiscard]] PostgresFailure connect_failure_of(std::string_view words);

}  // namespace slipway::store
