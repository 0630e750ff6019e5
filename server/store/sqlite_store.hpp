#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <memory>

namespace slipway::store {

/// The embedded store: one SQLite file, WAL, `synchronous=FULL`. One thread of its own makes all
/// writes and commits them in groups: whoever waits is answered after the commit that holds its
/// write. Reads run on `reading`, each on a connection of its own: as many at a time as it has
/// threads. Nothing else should run there, or reads wait for that.
///
/// Applies its migrations (numbered, append-only) at start; a newer slipway's file is used where
/// that allows it, and refused in words where not (schema_version.hpp). The queue of writes is
/// bounded; above it calls fail as `unavailable`. `reading`, `clock` and the contexts that callers
/// run on must outlive it; the destructor writes what is queued and joins the thread. Errors:
/// `unavailable` (can't be opened, is locked by another slipway), `invalid` (not ours, newer).
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(
    const std::filesystem::path& file, net::thread_pool& reading, const Clock& clock
);

}  // namespace slipway::store
