#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

namespace slipway::config {

/// Reads all keys of the top, from the file and from the variables, and fills in what the defaults
/// depend on. Finishes the reader.
void read_settings(Reader& reader, Config& config);

}  // namespace slipway::config
