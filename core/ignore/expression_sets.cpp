#include "core/ignore/expression_sets.hpp"

#include "core/ignore/expression_escapes.hpp"
#include "core/ignore/program.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::ignore {
namespace {

using namespace std::string_view_literals;
using Ranges = std::vector<std::pair<char32_t, char32_t>>;

constexpr char32_t last_rune = 0x10ffff;

/// A set with a name; `pairs` are the first and the last character of each range.
struct NamedSet {
    std::u32string_view name;
    std::u32string_view pairs;
};

constexpr auto perl_sets = std::to_array<NamedSet>({
    {.name = U"d", .pairs = U"09"},
    {.name = U"s", .pairs = U"\t\n\f\r  "},
    {.name = U"w", .pairs = U"09AZ__az"},
});

constexpr auto posix_sets = std::to_array<NamedSet>({
    {.name = U"alnum", .pairs = U"09AZaz"},
    {.name = U"alpha", .pairs = U"AZaz"},
    {.name = U"ascii", .pairs = U"\0\x7f"sv},
    {.name = U"blank", .pairs = U"\t\t  "},
    {.name = U"cntrl", .pairs = U"\0\x1f\x7f\x7f"sv},
    {.name = U"digit", .pairs = U"09"},
    {.name = U"graph", .pairs = U"!~"},
    {.name = U"lower", .pairs = U"az"},
    {.name = U"print", .pairs = U" ~"},
    {.name = U"punct", .pairs = U"!/:@[`{~"},
    {.name = U"space", .pairs = U"\t\r  "},
    {.name = U"upper", .pairs = U"AZ"},
    {.name = U"word", .pairs = U"09AZ__az"},
    {.name = U"xdigit", .pairs = U"09AFaf"},
});

void append_pairs(Ranges& ranges, std::u32string_view pairs, bool is_negated) {
    char32_t next = 0;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        if (!is_negated) {
            ranges.emplace_back(pairs[i], pairs[i + 1]);
        } else if (pairs[i] > next) {
            ranges.emplace_back(next, pairs[i] - 1);
        }
        next = pairs[i + 1] + 1;
    }
    if (is_negated) {
        ranges.emplace_back(next, last_rune);
    }
}

/// Takes `[:name:]` or `[:^name:]`: true where one stood there.
std::expected<bool, std::string> take_posix(std::u32string_view& text, Ranges& ranges) {
    const auto end = text.starts_with(U"[:") ? text.find(U":]", 2) : std::u32string_view::npos;
    if (end == std::u32string_view::npos) {
        return false;
    }
    std::u32string_view name = text.substr(2, end - 2);
    const bool is_negated = name.starts_with(U'^');
    name.remove_prefix(is_negated ? 1 : 0);
    const auto found = std::ranges::find(posix_sets, name, &NamedSet::name);
    if (found == posix_sets.end()) {
        return std::unexpected("no class has the name that stands between '[:' and ':]'");
    }
    append_pairs(ranges, found->pairs, is_negated);
    text.remove_prefix(end + 2);
    return true;
}

std::expected<char32_t, std::string> take_class_rune(std::u32string_view& text) {
    if (text.empty()) {
        return std::unexpected("a '[' has no ']'");
    }
    if (text.front() == U'\\') {
        return take_rune_escape(text);
    }
    const char32_t rune = text.front();
    text.remove_prefix(1);
    return rune;
}

/// Takes `a` or `a-z`; the error is empty where all is well.
std::expected<void, std::string> take_range(std::u32string_view& text, Ranges& ranges) {
    const auto low = take_class_rune(text);
    if (!low) {
        return std::unexpected(low.error());
    }
    auto high = low;
    if (text.size() >= 2 && text[0] == U'-' && text[1] != U']') {
        text.remove_prefix(1);
        high = take_class_rune(text);
    }
    if (!high) {
        return std::unexpected(high.error());
    }
    if (*high < *low) {
        return std::unexpected(
            "a range in '[…]' ends before it begins: write its ends the other way round"
        );
    }
    ranges.emplace_back(*low, *high);
    return {};
}

std::expected<void, std::string> take_item(std::u32string_view& text, Ranges& ranges) {
    const auto is_posix = take_posix(text, ranges);
    if (!is_posix) {
        return std::unexpected(is_posix.error());
    }
    if (*is_posix) {
        return {};
    }
    if (const auto reason = refused_escape(text)) {
        return std::unexpected(*reason);
    }
    if (const auto set = take_set_escape(text)) {
        ranges.insert(ranges.end(), set->ranges.begin(), set->ranges.end());
        return {};
    }
    return take_range(text, ranges);
}

}  // namespace

std::optional<RuneSet> take_set_escape(std::u32string_view& text) {
    if (text.size() < 2 || text.front() != U'\\') {
        return std::nullopt;
    }
    constexpr char32_t to_lower = 0x20;
    const bool is_negated = text[1] >= U'A' && text[1] <= U'Z';
    const std::array<char32_t, 1> name = {is_negated ? text[1] + to_lower : text[1]};
    const auto found = std::ranges::find(perl_sets, std::u32string_view(name), &NamedSet::name);
    if (found == perl_sets.end()) {
        return std::nullopt;
    }
    text.remove_prefix(2);
    RuneSet set;
    append_pairs(set.ranges, found->pairs, is_negated);
    return set;
}

std::expected<RuneSet, std::string> take_class(std::u32string_view& text) {
    text.remove_prefix(1);
    RuneSet set;
    set.is_negated = text.starts_with(U'^');
    text.remove_prefix(set.is_negated ? 1 : 0);
    for (bool is_first = true; is_first || !text.starts_with(U']'); is_first = false) {
        if (const auto taken = take_item(text, set.ranges); !taken) {
            return std::unexpected(taken.error());
        }
    }
    text.remove_prefix(1);
    return set;
}

std::optional<std::string> refused_escape(std::u32string_view text) {
    if (text.size() < 2 || text[0] != U'\\') {
        return std::nullopt;
    }
    if (text[1] != U'p' && text[1] != U'P' && text[1] != U'Q') {
        return std::nullopt;
    }
    const char letter = static_cast<char>(text[1]);
    return std::string("Docker takes '\\") + letter +
           "' for an escape of a regular expression: write '" + letter + "' without '\\'";
}

}  // namespace slipway::ignore
