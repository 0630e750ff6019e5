#pragma once

#include "server/store/postgres.hpp"
#include "server/store/postgres_connect.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::store::postgres {

/// A lock that one of many slipways on a database holds, as that of the one which leads: for as
/// long as its connection lives, and so no longer than its process. Where a machine vanishes the
/// server notices within half a minute. One thread at a time.
class AdvisoryLock {
public:
    /// Connects at the first try_lock(). Keys are the database's own, whoever asks.
    AdvisoryLock(std::string url, ConnectOptions options, std::int64_t key);

    /// Whether it is held now. To be called again and again: who holds it learns whether the
    /// connection still lives, and others get it once it is free. Throws PostgresFailure; it is not
    /// held then.
    [[nodiscard]] bool try_lock();

private:
    bool ask();

    const std::string url_;
    const ConnectOptions options_;
    const std::int64_t key_;
    std::optional<Database> database_;
    bool held_ = false;
};

}  // namespace slipway::store::postgres
