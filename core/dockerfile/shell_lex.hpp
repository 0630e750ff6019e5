#pragma once

#include "core/dockerfile/shell_pattern.hpp"

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

using Variables = std::map<std::string, std::string, std::less<>>;

struct LexOptions {
    char escape = '\\';
    bool keep_quotes = false;
    bool keep_escapes = false;
    bool keep_unset = false;  ///< `$X` stays as it is where X is not set
};

struct Lexed {
    std::string text;                ///< the whole text with its variables expanded
    std::vector<std::string> words;  ///< the same, split at white space outside quotes
};

/// Expands variables and removes quotes as BuildKit's shell.Lex does; the error is what is wrong
/// with `text`.
///
/// Deeper than 64 nested substitutions, or more than the budget holds, is an error here and none in
/// BuildKit.
[[nodiscard]] std::expected<Lexed, std::string> lex(
    std::string_view text,
    const Variables& variables,
    const LexOptions& options,
    ExpansionBudget& budget
);

}  // namespace slipway::dockerfile
