#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace slipway::store {

struct PostgresOptions {
    std::string url;            ///< `postgresql://user@host:port/database?sslmode=…`
    std::string password = {};  ///< where the url has none; never shown
    std::size_t connections = 8;

    /// Whose time counts. Null: the database's, so that the leases of machines whose clocks differ
    /// are compared by one.
    const Clock* clock = nullptr;
};

/// The store that several processes share: a PostgreSQL of version 13 or newer. Every call is one
/// transaction on a thread of the store's own; one that another was in the way of is tried again.
/// What other processes write is heard by NOTIFY, a hint with polling behind it.
///
/// Applies its migrations at start, under a lock; a newer slipway's is used where that
/// allows it, and refused in words where not (schema_version.hpp). Errors: `unavailable` (the
/// server is away: nothing was stored, or it is not known), and at the start `invalid`
/// (credentials, a newer schema that is not for this one, a text that is no address). The contexts
/// that callers run on must outlive it.
[[nodiscard]] Result<std::unique_ptr<Store>> open_postgres_store(PostgresOptions options);

}  // namespace slipway::store
