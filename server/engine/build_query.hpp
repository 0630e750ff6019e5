#pragma once

#include "server/engine/engine_api.hpp"

#include <string>

namespace slipway::engine {

/// `/build?…`, without the version before it. `pull` is never asked for: it would make BuildKit go
/// to the registry, for which it has no credentials here, instead of taking the base that was
/// pulled before.
[[nodiscard]] std::string build_path(const BuildRequest& request, Builder builder);

}  // namespace slipway::engine
