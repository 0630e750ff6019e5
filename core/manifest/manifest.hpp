#pragma once

#include "core/base/source_error.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::manifest {

/// A longer file is refused, and need not be read, with these words.
inline constexpr std::size_t most_bytes = std::size_t{64} * 1024;
inline constexpr std::string_view too_large = "the file is larger than 64 KiB: make it smaller";

/// Where a value stands in its file, both from 1.
struct Position {
    int line = 1;
    int column = 1;

    bool operator==(const Position&) const = default;
};

/// One image folder's manifest.yml, its values as written.
///
/// What a parsed manifest promises:
/// - `image` and `version` are not empty; `version` and every entry of `tags` are valid tags;
/// - `registry` (may be empty: the repository's default) and `image` make a valid reference
/// together with `version`;
/// - `dockerfile` is relative, normalised, and stays inside the folder;
/// - `watch` globs are written from the repository's root, without the leading `/`, and compile.
struct Manifest {
    std::string registry;
    std::string image;
    std::string version;
    std::string dockerfile = "Dockerfile";
    std::string target;
    std::map<std::string, std::string> build_args;
    std::vector<std::string> tags;
    std::map<std::string, std::string> labels;
    std::vector<std::string> watch;
    std::string platform;
    bool push = true;
    Position image_at;       ///< of the value of `image`
    Position dockerfile_at;  ///< of the value of `dockerfile`; 1:1 where it is not written

    bool operator==(const Manifest&) const = default;
};

struct ParsedManifest {
    std::optional<Manifest> manifest;  ///< present exactly when there are no errors
    std::vector<SourceError> errors;   ///< in the order of the file
};

/// Parses and checks one manifest. `path` is what the errors name. All errors of a file are found,
/// not only the first, except behind a YAML syntax error. Pure; never throws; bounded for any input
/// (no alias is expanded, at most 64 KiB, depth 16).
[[nodiscard]] ParsedManifest parse_manifest(std::string_view text, std::string_view path);

}  // namespace slipway::manifest
