#include "core/dockerfile/shell_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile {
namespace {

struct Token {
    enum class Kind : std::uint8_t { letter, any_one, any_many };

    Kind kind = Kind::letter;
    char letter = 0;
};

using Tokens = std::vector<Token>;

std::unexpected<std::string> too_much_work() {
    return std::unexpected<std::string>(
        "the variables expand to more than this reads; simplify the patterns or shorten the values"
    );
}

std::expected<Tokens, std::string> compile(std::string_view pattern) {
    using enum Token::Kind;
    Tokens tokens;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '*' || c == '?') {
            tokens.push_back({.kind = c == '*' ? any_many : any_one});
            continue;
        }
        if (c != '\\') {
            tokens.push_back({.letter = c});
            continue;
        }
        const char escaped = i + 1 < pattern.size() ? pattern[++i] : '\0';
        if (!std::string_view(R"(}/*?\)").contains(escaped) || escaped == '\0') {
            return std::unexpected("invalid escape in pattern '" + std::string(pattern) + "'");
        }
        tokens.push_back({.letter = escaped});
    }
    return tokens;
}

/// The pattern back to front, with each escape still before its character. The text and not the
/// tokens is turned: a backslash at the end, which only an `escape=\`` file can have, then escapes
/// nothing or the character before it, as it does in BuildKit.
std::string reversed_pattern(std::string_view pattern) {
    std::string reversed;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            ++i;
            reversed.append({pattern[i], '\\'});
        } else {
            reversed += pattern[i];
        }
    }
    std::ranges::reverse(reversed);
    return reversed;
}

/// The set of places in a pattern that a text read so far can have led to.
class Places {
public:
    explicit Places(const Tokens& tokens)
        : tokens_(tokens), at_(tokens.size() + 1), next_(tokens.size() + 1) {
        enter(at_, 0);
    }

    [[nodiscard]] bool accepts() const { return at_.back() != 0; }

    [[nodiscard]] bool dead() const { return std::ranges::find(at_, 1) == at_.end(); }

    void read(char c) {
        std::ranges::fill(next_, 0);
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (at_[i] == 0) {
                continue;
            }
            const bool is_letter = tokens_[i].kind == Token::Kind::letter;
            if (is_letter ? tokens_[i].letter == c : c != '\n') {
                enter(next_, tokens_[i].kind == Token::Kind::any_many ? i : i + 1);
            }
        }
        at_.swap(next_);
    }

private:
    using Set = std::vector<std::uint8_t>;  // a bool per place, without vector<bool>'s cost

    const Tokens& tokens_;
    Set at_;
    Set next_;

    /// A star may also stand for nothing, so its place leads on to the next one.
    void enter(Set& places, std::size_t place) const {
        places[place] = 1;
        while (place < tokens_.size() && tokens_[place].kind == Token::Kind::any_many) {
            places[++place] = 1;
        }
    }
};

struct Found {
    bool out_of_budget = false;
    std::optional<std::size_t> length;
};

/// The length of the part at the start of `text` that the pattern matches.
Found match_start(
    std::string_view text, const Tokens& tokens, Match match, ExpansionBudget& budget
) {
    Places places(tokens);
    Found found;
    for (std::size_t length = 0;; ++length) {
        if (!budget.spend(tokens.size() + 1)) {
            return {.out_of_budget = true, .length = {}};
        }
        if (places.accepts()) {
            found.length = length;
            if (match == Match::shortest) {
                return found;
            }
        }
        if (length == text.size() || places.dead()) {
            return found;
        }
        places.read(text[length]);
    }
}

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The first match at or after `from`, as long as possible; the outer error is an empty budget.
std::expected<std::optional<Span>, std::string> find_match(
    std::string_view value, const Tokens& tokens, std::size_t from, ExpansionBudget& budget
) {
    for (std::size_t begin = from; begin <= value.size(); ++begin) {
        const auto found = match_start(value.substr(begin), tokens, Match::longest, budget);
        if (found.out_of_budget) {
            return too_much_work();
        }
        if (found.length) {
            return Span{.begin = begin, .end = begin + *found.length};
        }
    }
    return std::nullopt;
}

/// `name` of a template's `$name` or `${name}` at the start of `text`, and how long it is there;
/// nothing if it is none.
std::optional<std::pair<std::string_view, std::size_t>> template_name(std::string_view text) {
    const bool braces = text.starts_with("${");
    const std::size_t begin = braces ? 2 : 1;
    const auto is_name = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_';
    };
    const auto* const end = std::find_if_not(text.begin() + begin, text.end(), is_name);
    const auto name = text.substr(begin, static_cast<std::size_t>(end - text.begin()) - begin);
    const std::size_t length = begin + name.size() + (braces ? 1 : 0);
    if (name.empty() || (braces && !text.substr(begin + name.size()).starts_with('}'))) {
        return std::nullopt;
    }
    return std::pair(name, length);
}

/// The replacement of `//` is a template of Go's regexp: `$0` is the match, other names are empty,
/// `$$` is a dollar. Quotes can bring a `$` here.
std::string fill_template(std::string_view text, std::string_view match) {
    std::string filled;
    while (true) {
        const auto dollar = text.find('$');
        filled += text.substr(0, dollar);
        if (dollar == std::string_view::npos) {
            return filled;
        }
        text.remove_prefix(dollar);
        if (text.starts_with("$$")) {
            filled += '$';
            text.remove_prefix(2);
        } else if (const auto name = template_name(text)) {
            filled += name->first == "0" ? match : std::string_view();
            text.remove_prefix(name->second);
        } else {
            filled += '$';
            text.remove_prefix(1);
        }
    }
}

Substituted replace_all(
    std::string_view value,
    const Tokens& tokens,
    std::string_view replacement,
    ExpansionBudget& budget
) {
    std::string result;
    std::size_t done = 0;
    for (std::size_t from = 0; from <= value.size();) {
        const auto match = find_match(value, tokens, from, budget);
        if (!match) {
            return std::unexpected(match.error());
        }
        const std::optional<Span> span = *match;
        if (!span) {
            break;
        }
        const auto [begin, end] = *span;
        result += value.substr(done, begin - done);
        // Go's regexp, which BuildKit uses here, drops an empty match right after another one.
        if (end > done || begin == 0) {
            const auto match_size = replacement.contains('$') ? end - begin : 0;
            if (!budget.spend(replacement.size() * (match_size + 1))) {
                return too_much_work();
            }
            result += fill_template(replacement, value.substr(begin, end - begin));
        }
        done = end;
        from = std::max(from + 1, end);
    }
    result += value.substr(done);
    return result;
}

}  // namespace

Substituted cut_prefix(
    std::string_view value, std::string_view pattern, Match match, ExpansionBudget& budget
) {
    const auto tokens = compile(pattern);
    if (!tokens) {
        return std::unexpected(tokens.error());
    }
    const auto found = match_start(value, *tokens, match, budget);
    if (found.out_of_budget) {
        return too_much_work();
    }
    return std::string(value.substr(found.length.value_or(0)));
}

Substituted cut_suffix(
    std::string_view value, std::string_view pattern, Match match, ExpansionBudget& budget
) {
    const auto tokens = compile(reversed_pattern(pattern));
    if (!tokens) {
        return std::unexpected(tokens.error());
    }
    const std::string reversed(value.rbegin(), value.rend());
    const auto found = match_start(reversed, *tokens, match, budget);
    if (found.out_of_budget) {
        return too_much_work();
    }
    return std::string(value.substr(0, value.size() - found.length.value_or(0)));
}

Substituted replace(
    std::string_view value,
    std::string_view pattern,
    std::string_view replacement,
    bool all,
    ExpansionBudget& budget
) {
    const auto tokens = compile(pattern);
    if (!tokens) {
        return std::unexpected(tokens.error());
    }
    if (all) {
        return replace_all(value, *tokens, replacement, budget);
    }
    const auto match = find_match(value, *tokens, 0, budget);
    if (!match) {
        return std::unexpected(match.error());
    }
    std::string result(value);
    if (const std::optional<Span> span = *match) {
        result.replace(span->begin, span->end - span->begin, replacement);
    }
    return result;
}

}  // namespace slipway::dockerfile
