#pragma once

#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/engine_calls.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

namespace slipway::engine {

// As EngineApi's. `calls` must outlive them.

[[nodiscard]] net::awaitable<Result<void>> remove_image(
    const EngineCalls& calls, std::string reference
);
[[nodiscard]] net::awaitable<Result<std::uint64_t>> prune_cache(
    const EngineCalls& calls, CachePrune what
);
[[nodiscard]] net::awaitable<Result<std::uint64_t>> disk_usage(const EngineCalls& calls);

}  // namespace slipway::engine
