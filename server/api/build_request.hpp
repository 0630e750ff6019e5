#pragma once

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <string>
#include <string_view>

namespace slipway::api {

/// The configured repository of this name; an empty one where only one is configured. Errors:
/// `invalid`: which one is not said; `not_found`.
[[nodiscard]] Result<std::string> find_repository(
    const config::Config& config, const std::string& name
);

/// Decodes what `POST /api/v1/builds` takes: `{"repository", "ref", "folders": […]}`, or
/// `{"repository", "before", "after"}` with `ref` beside it if a branch's policy is meant.
/// `repository` may be left out where one is configured. Without folders and commits: all images of
/// the ref's tip. Errors: `invalid`, each field's own; `not_found`: the repository.
[[nodiscard]] Result<store::NewBuild> parse_build_request(
    const config::Config& config, std::string_view body
);

}  // namespace slipway::api
