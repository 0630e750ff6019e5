#pragma once

#include "server/engine/engine_api.hpp"

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::engine {

/// The engine behind `unix:///path` or `tcp://host:port`, see make_transport(). `blocking` runs
/// ContextSource and must outlive the engine. Errors: `invalid` for an address that is not
/// understood, or certificates that can't be used.
[[nodiscard]] Result<std::unique_ptr<EngineApi>> make_docker_engine(
    net::thread_pool& blocking,
    std::string_view address,
    const std::filesystem::path& certificates = {}
);

}  // namespace slipway::engine
