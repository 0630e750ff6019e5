#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <string>

namespace slipway::app {

/// The configured store. SQLite's reads run on `reading`, which is theirs alone; PostgreSQL's has
/// threads of its own. `reading` and `clock` must outlive it.
[[nodiscard]] Result<std::unique_ptr<store::Store>> open_store(
    const config::Config& config, boost::asio::thread_pool& reading, const Clock& clock
);

/// Whether other processes may be on the store too, each with engines of its own.
[[nodiscard]] bool is_shared(const config::Config& config);

/// This process's name among them: `replica`, else the host's name. The one process on a SQLite
/// store is always the same one, also where its host has a new name at each start.
[[nodiscard]] std::string worker_name(const config::Config& config);

}  // namespace slipway::app
