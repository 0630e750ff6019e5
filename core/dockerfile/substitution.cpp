#include "core/base/utf8.hpp"
#include "core/dockerfile/shell_lexer.hpp"
#include "core/dockerfile/shell_pattern.hpp"
#include "core/dockerfile/word_list.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Letters outside ASCII end a name here, and not in BuildKit: such a variable can't be told
/// without Unicode's tables.
bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

template <class Predicate>
std::size_t count_while(std::string_view text, Predicate matches) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, matches) - text.begin());
}

std::unexpected<std::string> bad(std::string why) {
    return std::unexpected(std::move(why));
}

std::unexpected<std::string> unsupported_modifier(std::string_view modifier) {
    return bad("unsupported modifier (" + std::string(modifier) + ") in substitution");
}

}  // namespace

Substituted ShellLexer::read_dollar() {
    next();
    if (peek() == '{') {
        next();
        return read_braces();
    }
    const std::string name = read_name();
    if (name.empty()) {
        return "$";
    }
    const auto* const value = find(name);
    if (value == nullptr && options_.keep_unset) {
        return "$" + name;
    }
    return spend_on(value == nullptr ? "" : *value);
}

Substituted ShellLexer::read_braces() {
    if (rest_.empty()) {
        return bad("syntax error: missing '}'");
    }
    if (peek() == '{' || peek() == '}' || peek() == ':') {
        return bad("syntax error: bad substitution");
    }
    const std::string name = read_name();
    const char modifier = next();
    switch (modifier) {
        case '}':
            return plain_value(name);
        case '/':
            return read_replacement(name);
        case ':':
            return read_modifier(name, next(), true);
        default:
            return read_modifier(name, modifier, false);
    }
}

Substituted ShellLexer::plain_value(const std::string& name) {
    const auto* const value = find(name);
    if (value == nullptr && options_.keep_unset) {
        return "${" + name + "}";
    }
    return spend_on(value == nullptr ? "" : *value);
}

Substituted ShellLexer::read_modifier(const std::string& name, char modifier, bool empty_is_unset) {
    const std::string shown = (empty_is_unset ? ":" : "") + std::string(1, modifier);
    const bool is_pattern = modifier == '#' || modifier == '%';
    const bool known = modifier == '+' || modifier == '-' || modifier == '?' || is_pattern;
    if (!known || (is_pattern && empty_is_unset)) {
        return unsupported_modifier(shown);
    }
    auto word = read_nested('}', is_pattern);
    if (!word) {
        return word;
    }
    const auto* const value = find(name);
    if (options_.keep_unset && value == nullptr) {
        return "${" + name + shown + *word + "}";
    }
    if (is_pattern) {
        return cut(value == nullptr ? "" : *value, *word, modifier);
    }
    const bool unset = value == nullptr || (empty_is_unset && value->empty());
    if (modifier == '+') {
        return unset ? "" : *word;
    }
    if (!unset) {
        return spend_on(*value);
    }
    if (modifier == '-') {
        return *word;
    }
    return bad(name + ": " + why_unset(*word, value == nullptr));
}

std::string ShellLexer::why_unset(const std::string& word, bool unset) {
    if (!word.empty()) {
        return shortened(word);  // what was put into it may be long
    }
    return unset ? "is not allowed to be unset" : "is not allowed to be empty";
}

Substituted ShellLexer::cut(std::string_view value, std::string_view pattern, char modifier) {
    const bool doubled = pattern.starts_with(modifier);
    pattern.remove_prefix(doubled ? 1 : 0);
    const auto match = doubled ? Match::longest : Match::shortest;
    return modifier == '%' ? cut_suffix(value, pattern, match, budget_)
                           : cut_prefix(value, pattern, match, budget_);
}

Substituted ShellLexer::read_replacement(const std::string& name) {
    const bool all = peek() == '/';
    if (all) {
        next();
    }
    const auto pattern = read_nested('/', true);
    if (!pattern) {
        return pattern;
    }
    const auto replacement = read_nested('}', true);
    if (!replacement) {
        return replacement;
    }
    const auto* const value = find(name);
    if (options_.keep_unset && value == nullptr) {
        return "${" + name + "/" + *pattern + "/" + *replacement + "}";
    }
    return replace(value == nullptr ? "" : *value, *pattern, *replacement, all, budget_);
}

Substituted ShellLexer::read_nested(char stop, bool keep_escapes) {
    WordList outer = std::exchange(words_, {});
    auto text = read_until(stop, keep_escapes);
    outer.drop_word();
    words_ = std::move(outer);
    return text;
}

std::string ShellLexer::read_name() {
    constexpr std::string_view special = "@*#?-$!0";
    std::size_t length = 0;
    if (!rest_.empty() && is_digit(peek())) {
        length = count_while(rest_, is_digit);
    } else if (!rest_.empty() && special.contains(peek())) {
        length = 1;
    } else {
        length = count_while(rest_, is_name_character);
    }
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
}

const std::string* ShellLexer::find(std::string_view name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? nullptr : &found->second;
}

/// Paid before it is copied: quotes collect values without any other bound.
Substituted ShellLexer::spend_on(std::string_view value) {
    if (!budget_.spend(value.size())) {
        return bad("the variables expand to more than this reads; shorten the values");
    }
    return std::string(value);
}

}  // namespace slipway::dockerfile
