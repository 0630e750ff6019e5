#pragma once

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>

namespace slipway::factory {

/// Builds one image, whose parents the engine has: streams its context, and answers the id that the
/// engine gave it.
[[nodiscard]] net::awaitable<Result<std::string>> build_image(
    Workshop& workshop,
    const Source& source,
    const catalog::Image& image,
    const store::Step& step,
    EngineSeat& seat,
    engine::LogSink log
);

/// Makes `reference` name `image_id` in the engine and pushes it; answers the digest in the
/// registry.
[[nodiscard]] net::awaitable<Result<std::string>> push_reference(
    Workshop& workshop,
    EngineSeat& seat,
    const std::string& image_id,
    const std::string& reference,
    engine::LogSink log
);

/// org.opencontainers.image.* beside the manifest's own labels, which win.
[[nodiscard]] std::map<std::string, std::string> image_labels(
    const Source& source, const catalog::Image& image
);

}  // namespace slipway::factory
