#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

#include <vector>

namespace slipway::config {

/// The list `engines`; without one the engine that DOCKER_HOST names, else the usual socket.
void read_engines(Reader& reader, std::vector<Engine>& target);

}  // namespace slipway::config
