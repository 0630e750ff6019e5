#pragma once

#include "core/ignore/program.hpp"
#include "core/ignore/translation.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::ignore {

/// One compiled pattern.
struct Pattern {
    bool is_exclusion = false;
    MatchKind kind = MatchKind::exact;
    std::string text;  ///< what is compared: the path, its start or its end
    Program program;   ///< of an expression
};

/// Compiles one pattern as patternmatcher.New() does; nothing for a blank one. The error is the
/// reason, in words.
[[nodiscard]] std::expected<std::optional<Pattern>, std::string> compile_pattern(
    std::string_view pattern
);

/// Whether the pattern matches the path or one of its parent folders; its `!` is not looked at.
[[nodiscard]] bool matches(const Pattern& pattern, std::string_view path, Scratch& scratch);

/// False where no path below `folder` can match, as long as the folder itself and its parents
/// don't.
[[nodiscard]] bool may_match_below(
    const Pattern& pattern, std::string_view folder, Scratch& scratch
);

}  // namespace slipway::ignore
