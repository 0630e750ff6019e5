#pragma once

#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/engine_calls.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::engine {

/// EngineApi::build(): with BuildKit in a session. `calls` must outlive it.
[[nodiscard]] net::awaitable<Result<BuiltImage>> build_image(
    const EngineCalls& calls,
    BuildRequest build,
    ContextSource context,
    LogSink log,
    CallLimits limits
);

}  // namespace slipway::engine
