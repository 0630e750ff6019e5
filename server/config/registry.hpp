#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::config {

/// A registry, or a path in one, in full: `platform` is `docker.io/platform`. Nothing where no
/// image name can start with it.
[[nodiscard]] std::optional<std::string> full_registry(std::string_view registry);

/// Whether images of `registry` are allowed where `allowed` is. Both in full.
[[nodiscard]] bool is_within(std::string_view registry, std::string_view allowed);

}  // namespace slipway::config
