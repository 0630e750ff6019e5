#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

namespace slipway::config {

/// Reads an entry of `repositories`, and finishes the reader.
[[nodiscard]] Repository read_repository(Reader& reader, Names& names, Names& projects);

}  // namespace slipway::config
