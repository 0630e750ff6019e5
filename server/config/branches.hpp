#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

#include <vector>

namespace slipway::config {

/// Reads the list `branches`; leaves `target` as it is where there is none.
void read_branches(Reader& reader, std::vector<BranchRule>& target);

}  // namespace slipway::config
