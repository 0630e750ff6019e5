#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

// The rules for single values. Each says what is wrong and what to write instead, or nothing when
// all is well.

namespace slipway::manifest {

using Fault = std::optional<std::string>;

[[nodiscard]] Fault tag_fault(std::string_view tag);

/// A host, with a path or without one. Empty is well.
[[nodiscard]] Fault registry_fault(std::string_view registry);

/// An image's name behind `registry`, which is empty (the default one) or well.
[[nodiscard]] Fault image_fault(std::string_view image, std::string_view registry);

[[nodiscard]] Fault platform_fault(std::string_view platform);

/// A path in the image's folder, in its shortest form; the error is the fault.
[[nodiscard]] std::expected<std::string, std::string> normal_dockerfile(std::string_view path);

/// A pattern without its leading `/`; the error is the fault.
[[nodiscard]] std::expected<std::string, std::string> normal_watch(std::string_view pattern);

}  // namespace slipway::manifest
