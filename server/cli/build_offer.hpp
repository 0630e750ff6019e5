#pragma once

#include "core/base/result.hpp"
#include "server/cli/options.hpp"
#include "server/factory/work.hpp"

namespace slipway::cli {

/// What the options offer to every build: the files and variables that they name are read. Errors:
/// `invalid`, which never quote a secret.
[[nodiscard]] Result<factory::BuildOffer> read_offer(const BuildOptions& options);

}  // namespace slipway::cli
