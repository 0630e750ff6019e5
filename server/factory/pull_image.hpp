#pragma once

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace slipway::factory {

/// `name@digest`.
[[nodiscard]] std::string pinned(const model::ImageRef& reference, const std::string& digest);

/// Makes `reference` name in the engine what it has as `held`. One with a digest needs no name, and
/// can't be given to an image.
[[nodiscard]] net::awaitable<Result<void>> name_as(
    EngineSeat& seat, std::string held, model::ImageRef reference
);

/// Puts the image of that digest into an engine as `reference`, unless it is there. `why`: which
/// image that is, for the log.
[[nodiscard]] net::awaitable<Result<void>> pull_pinned(
    Workshop& workshop,
    EngineSeat& seat,
    std::string reference,
    std::string digest,
    std::string why,
    engine::LogSink log
);

}  // namespace slipway::factory
