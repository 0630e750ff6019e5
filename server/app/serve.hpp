#pragma once

#include "server/config/config.hpp"

#include <functional>
#include <optional>
#include <string>

namespace slipway::app {

/// Reads the configuration again, for SIGHUP.
using LoadConfig = std::function<config::ParsedConfig()>;

/// The daemon: builds every part in order, serves until SIGTERM or SIGINT, stops them in the
/// reverse order. Answers the exit code.
///
/// The first signal drains: nothing new is begun, what runs may go on for 20 s, deliveries are
/// still stored. The second one, or the end of that time, cancels what runs; it goes on at the next
/// start. SIGHUP loads the configuration anew and keeps the old one on an error; what needs a
/// restart (listen, data, store, engines) is said in the log.
[[nodiscard]] int serve(config::Config config, LoadConfig reload);

}  // namespace slipway::app
