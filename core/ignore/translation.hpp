#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::ignore {

/// How moby decides a pattern: by comparing bytes where it can, else by a regular expression.
enum class MatchKind : std::uint8_t {
    exact,       ///< the path is the pattern
    prefix,      ///< the path starts with the pattern less its last `**`
    suffix,      ///< the path ends with the pattern less its first `**`
    expression,  ///< the path matches the expression
};

struct Translation {
    MatchKind kind = MatchKind::exact;
    std::u32string expression;  ///< in Go's syntax; empty unless that is the kind
};

/// What patternmatcher's compile() makes of a cleaned pattern.
[[nodiscard]] Translation translate(std::string_view pattern);

}  // namespace slipway::ignore
