#pragma once

#include "server/config/config.hpp"

#include <cstddef>

namespace slipway::app {

/// How many connections may be open. A connection is an open file, and a system that allows many by
/// default allows few until one asks, which this does. Half of them is for the store, remotes,
/// engines and registries, whoever stands at the door.
[[nodiscard]] std::size_t allow_connections();

/// Memory holds every secret of the configuration: no core file of it is written, and nobody but
/// root may look into it (`/proc/PID/mem`, a debugger).
void keep_memory_private();

/// Before the first line of the log that has to be as it is wanted.
void configure_log(const config::Log& wanted);

}  // namespace slipway::app
