#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

#include <vector>

namespace slipway::config {

/// The list `attest` of a repository: programs that say something of each pushed image.
void read_attest(Reader& reader, std::vector<Attestation>& target);

}  // namespace slipway::config
