#pragma once

#include "core/manifest/manifest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::manifest {

/// A value of a YAML file as written, and where it stands.
struct YamlNode {
    enum class Kind : std::uint8_t {
        null,
        scalar,
        list,
        map,
        refused,  ///< an alias, or with a tag: there is an error for it already
    };

    Kind kind = Kind::null;
    Position at;
    std::string text;                ///< of a scalar
    bool is_quoted = false;          ///< a scalar in quotes, or as a block
    std::vector<YamlNode> children;  ///< of a list; of a map key, value, key, value …
};

struct YamlProblem {
    Position at;
    std::string message;
};

struct YamlDocument {
    std::optional<YamlNode>
        root;  ///< absent where the file could not be read to its end, or has nothing in it
    std::vector<YamlProblem> problems;
};

/// Reads the one YAML document of a file that people write. Refused: more than 64 KiB, depths over
/// 16, what is not UTF-8, control characters, anchors, aliases, tags, several documents. Never
/// throws.
[[nodiscard]] YamlDocument read_yaml(std::string_view text);

}  // namespace slipway::manifest
