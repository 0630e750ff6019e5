#include "core/ignore/pattern.hpp"

#include "core/ignore/clean_path.hpp"
#include "core/ignore/expression.hpp"
#include "core/ignore/glob_syntax.hpp"
#include "core/ignore/program.hpp"
#include "core/ignore/runes.hpp"
#include "core/ignore/translation.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::ignore {
namespace {

constexpr std::size_t two_stars = 2;

bool has_suffix(std::string_view path, std::string_view suffix) {
    return path.ends_with(suffix) || (suffix.starts_with('/') && path == suffix.substr(1));
}

bool is_path_or_parent(std::string_view path, std::string_view candidate) {
    return path.starts_with(candidate) &&
           (path.size() == candidate.size() || path[candidate.size()] == '/');
}

bool has_suffix_or_parent_has(std::string_view path, std::string_view suffix) {
    for (std::size_t end = path.find('/'); end != std::string_view::npos;
         end = path.find('/', end + 1)) {
        if (has_suffix(path.substr(0, end), suffix)) {
            return true;
        }
    }
    return has_suffix(path, suffix);
}

std::string compared_text(std::string cleaned, MatchKind kind) {
    if (kind == MatchKind::prefix) {
        cleaned.resize(cleaned.size() - two_stars);
    }
    return kind == MatchKind::suffix ? cleaned.substr(two_stars) : cleaned;
}

}  // namespace

std::expected<std::optional<Pattern>, std::string> compile_pattern(std::string_view pattern) {
    pattern = trim_space(pattern);
    if (pattern.empty()) {
        return std::nullopt;
    }
    std::string cleaned = clean_path(pattern);
    Pattern compiled;
    compiled.is_exclusion = cleaned.starts_with('!');
    cleaned.erase(0, compiled.is_exclusion ? 1 : 0);
    if (cleaned.empty()) {
        return std::unexpected(
            "nothing follows the '!': write what is to be kept, or delete the line"
        );
    }
    if (!is_valid_glob(cleaned)) {
        return std::unexpected("not a pattern: close every '[', and let something follow every '\\'"
        );
    }
    const Translation translation = translate(cleaned);
    compiled.kind = translation.kind;
    if (compiled.kind != MatchKind::expression) {
        compiled.text = compared_text(std::move(cleaned), compiled.kind);
        return compiled;
    }
    auto program = compile_expression(translation.expression);
    if (!program) {
        return std::unexpected(std::move(program).error());
    }
    compiled.program = *std::move(program);
    return compiled;
}

bool matches(const Pattern& pattern, std::string_view path, Scratch& scratch) {
    switch (pattern.kind) {
        case MatchKind::exact:
            return is_path_or_parent(path, pattern.text);
        case MatchKind::prefix:
            return path.starts_with(pattern.text);
        case MatchKind::suffix:
            return has_suffix_or_parent_has(path, pattern.text);
        case MatchKind::expression:
            return run(pattern.program, path, scratch) == Outcome::match;
    }
    return false;
}

bool may_match_below(const Pattern& pattern, std::string_view folder, Scratch& scratch) {
    const std::string start = std::string(folder) + "/";
    switch (pattern.kind) {
        case MatchKind::exact:
        case MatchKind::prefix:
            return pattern.text.starts_with(start) || start.starts_with(pattern.text);
        case MatchKind::suffix:
            return true;
        case MatchKind::expression:
            return run(pattern.program, start, scratch) != Outcome::dead;
    }
    return true;
}

}  // namespace slipway::ignore
