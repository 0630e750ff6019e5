#pragma once

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/factory/engine_pool.hpp"

#include <boost/asio/thread_pool.hpp>

#include <string>
#include <vector>

namespace slipway::app {

[[nodiscard]] factory::SeatSettings seat_settings(const config::Engine& configured);

/// What an engine is called in the store: every replica has engines of its own, whose names may be
/// the same.
[[nodiscard]] std::string seat_name(const config::Config& config, const config::Engine& engine);

/// The configured engines; `blocking` outlives them. Errors: `invalid`.
[[nodiscard]] Result<std::vector<factory::EngineSeat>> make_seats(
    const config::Config& config, boost::asio::thread_pool& blocking
);

/// Whether both have the same engines at the same addresses: all else may change while they are
/// used.
[[nodiscard]] bool same_places(const config::Config& one, const config::Config& other);

}  // namespace slipway::app
