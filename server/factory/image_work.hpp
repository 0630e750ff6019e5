#pragma once

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <set>
#include <string>
#include <vector>

namespace slipway::factory {

/// Builds one image: pulls what it is built on, streams its context, and answers the id that the
/// engine gave it.
///
/// `built_here` are the normalised references that steps of this build produce: the engine has
/// those, the registry perhaps not yet. All other parents are pulled first with credentials, since
/// BuildKit without a session can't fetch private bases (and older ones no public ones either).
/// Where a pull fails and the engine has a copy, the copy is used and the log says so.
[[nodiscard]] net::awaitable<Result<std::string>> build_image(
    Workshop& workshop,
    const Source& source,
    const catalog::Image& image,
    const store::Step& step,
    const std::set<std::string>& built_here,
    engine::LogSink log
);

/// Makes `reference` name `image_id` in the engine and pushes it; answers the digest in the
/// registry.
[[nodiscard]] net::awaitable<Result<std::string>> push_reference(
    Workshop& workshop,
    const std::string& image_id,
    const std::string& reference,
    engine::LogSink log
);

/// org.opencontainers.image.* beside the manifest's own labels, which win.
[[nodiscard]] std::map<std::string, std::string> image_labels(
    const Source& source, const catalog::Image& image
);

/// For a repository whose references are not overwritten: an error where a registry has one of
/// those that the step has not pushed itself.
[[nodiscard]] net::awaitable<Result<void>> check_not_taken(
    Workshop& workshop, const store::Step& step
);

}  // namespace slipway::factory
