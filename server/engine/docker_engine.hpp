#pragma once

#include "server/engine/engine_api.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace slipway::engine {

/// The engine behind `unix:///path`. `blocking` runs ContextSource and must outlive the engine.
/// Errors: `invalid` for an address that is not understood (TCP comes with mutual TLS, in a later
/// version).
[[nodiscard]] Result<std::unique_ptr<EngineApi>> make_docker_engine(
    net::thread_pool& blocking, std::string_view address
);

}  // namespace slipway::engine
