#pragma once

#include "server/engine/engine_api.hpp"

#include <string>
#include <string_view>

namespace slipway::engine {

/// `/build?…`, without the version before it; `session` is the id of BuildKit's session, empty:
/// none. `pull` is never asked for: it would make BuildKit go to the registry instead of taking the
/// base that was pulled before.
[[nodiscard]] std::string build_path(
    const BuildRequest& request, Builder builder, std::string_view session
);

}  // namespace slipway::engine
