#pragma once

#include "core/base/source_error.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::ignore {

/// Patterns in the language of .dockerignore, as github.com/moby/patternmatcher 0.6.1 decides them
/// (MatchesOrParentMatches). Immutable after compile(); may be used from several threads at once.
/// Copies share.
class Patterns {
public:
    /// No patterns: nothing matches.
    Patterns();

    struct Compiled;

    /// Whether the last pattern that matches `path` or one of its parent folders is not an
    /// exclusion (`!`). `path` is relative to the context's root, `/` between names, without a
    /// leading `/`.
    [[nodiscard]] bool matches(std::string_view path) const;

    /// Whether something below the folder `path`, which matches, may still be re-included by a `!`
    /// pattern. False lets a walk leave the folder out unread.
    [[nodiscard]] bool may_reinclude_below(std::string_view path) const;

    [[nodiscard]] bool empty() const;

    /// How many there are: what matches() costs grows with it.
    [[nodiscard]] std::size_t size() const;

private:
    friend struct ParsedIgnore parse_ignore(std::string_view text, std::string_view path);
    friend struct ParsedIgnore compile(
        const std::vector<std::string>& patterns, std::string_view path
    );

    std::shared_ptr<const Compiled> compiled_;
};

struct ParsedIgnore {
    Patterns patterns;  ///< empty where there are errors
    std::vector<SourceError>
        errors;  ///< moby refuses the whole file for one bad pattern, and so do we
};

/// Reads a .dockerignore: byte order mark, comments, blank lines, `!`, one leading `/` as moby's
/// ignorefile 0.6.1 does.
[[nodiscard]] ParsedIgnore parse_ignore(std::string_view text, std::string_view path);

/// Compiles patterns that are already lines of their own, as a manifest's `watch` globs; error
/// `line` is the index + 1.
[[nodiscard]] ParsedIgnore compile(const std::vector<std::string>& patterns, std::string_view path);

}  // namespace slipway::ignore
