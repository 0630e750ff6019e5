#pragma once

#include "core/base/source_error.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// A longer file is refused, and need not be read, with these words.
inline constexpr std::size_t most_bytes = 1U << 20U;
inline constexpr std::string_view too_large =
    "the Dockerfile is larger than 1 MiB: move scripts in it to files of their own";

enum class ParentKind : std::uint8_t { from, copy_from, run_mount };

/// One image that a Dockerfile is built on, which is not a stage of its own.
struct Parent {
    ParentKind kind = ParentKind::from;
    std::string reference;  ///< as `python:3.10`: `ARG`s resolved, not normalised; never `scratch`
    std::string platform;   ///< of `FROM --platform=`, resolved; empty where not given
    int line = 1;           ///< where the instruction starts, from 1
    int column = 1;

    bool operator==(const Parent&) const = default;
};

struct ParsedDockerfile {
    /// In the order of the file; the same image may occur more than once.
    std::vector<Parent> parents;
    /// By place: what BuildKit would refuse and what a parent could hide behind.
    std::vector<SourceError> errors;
};

/// Reads from a Dockerfile what the image graph needs: the parents, as BuildKit sees
/// them.
///
/// `build_args` override the defaults of `ARG`s before the first `FROM`, and the variables that are
/// predefined for linux/amd64: `TARGETPLATFORM` and its like, and `TARGETSTAGE`, else the last
/// stage. Every stage counts, also those that the target does not need: the classic builder builds
/// them all. Pure; never throws; bounded for any input up to 1 MiB (a larger file is an error).
[[nodiscard]] ParsedDockerfile parse_dockerfile(
    std::string_view text,
    std::string_view path,
    const std::map<std::string, std::string>& build_args = {}
);

}  // namespace slipway::dockerfile
