#include "core/dockerfile/shell_lexer.hpp"

#include "core/dockerfile/shell_lex.hpp"
#include "core/dockerfile/shell_pattern.hpp"
#include "core/dockerfile/text.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile {
namespace {

constexpr int max_depth = 64;

std::unexpected<std::string> bad(std::string why) {
    return std::unexpected(std::move(why));
}

}  // namespace

std::expected<Lexed, std::string> ShellLexer::read_all() {
    auto text = read_until('\0', keep_escapes_);
    if (!text) {
        return std::unexpected(std::move(text.error()));
    }
    return Lexed{.text = std::move(*text), .words = words_.take()};
}

char ShellLexer::next() {
    const char c = peek();
    rest_.remove_prefix(rest_.empty() ? 0 : 1);
    return c;
}

/// To `stop`, which is read too; to the end for NUL.
Substituted ShellLexer::read_until(char stop, bool keep_escapes) {
    if (depth_ == max_depth) {
        return bad("substitutions are nested too deep");
    }
    const bool outer = std::exchange(keep_escapes_, keep_escapes);
    ++depth_;
    auto text = read_parts(stop);
    --depth_;
    keep_escapes_ = outer;
    return text;
}

Substituted ShellLexer::read_parts(char stop) {
    std::string result;
    while (!rest_.empty()) {
        if (stop != '\0' && peek() == stop) {
            next();
            return result;
        }
        const auto piece = read_special();
        if (!piece) {
            read_plain(result);
            continue;
        }
        if (!*piece) {
            return *piece;
        }
        if (!budget_.spend((*piece)->size())) {
            return bad("the variables expand to more than this reads; shorten the values");
        }
        result += **piece;
    }
    if (stop != '\0') {
        return bad(std::string("unexpected end of statement while looking for matching ") + stop);
    }
    return result;
}

/// What `$`, `<` and quotes stand for; nothing for any other character.
std::optional<Substituted> ShellLexer::read_special() {
    const char kind = peek();
    if (kind == '$') {
        auto text = read_dollar();
        if (text) {
            words_.add_split(*text);
        }
        return text;
    }
    std::optional<Substituted> text;
    if (kind == '<') {
        text = read_heredoc_start();
    } else if (kind == '\'') {
        text = read_single_quotes();
    } else if (kind == '"') {
        text = read_double_quotes();
    }
    if (text && *text) {
        words_.add_raw(**text);
    }
    return text;
}

void ShellLexer::read_plain(std::string& result) {
    const auto width = std::max<std::size_t>(space_at_start(rest_), 1);
    const auto character = rest_.substr(0, width);
    rest_.remove_prefix(width);
    if (character.front() != options_.escape) {
        words_.add(character);
        result += character;
        return;
    }
    if (keep_escapes_) {
        words_.add_raw(character);
        result += character;
    }
    if (!rest_.empty()) {
        words_.add_raw(rest_.substr(0, 1));
        result += next();
    }
}

/// White space between `<<` and the heredoc's name does not split the word.
std::string ShellLexer::read_heredoc_start() {
    next();
    if (peek() != '<') {
        return "<";
    }
    next();
    std::string start = "<<";
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') {
        start += next();
    }
    return start;
}

Substituted ShellLexer::read_single_quotes() {
    next();
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) {
        return bad("unexpected end of statement while looking for matching single-quote");
    }
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return options_.keep_quotes ? "'" + text + "'" : text;
}

Substituted ShellLexer::read_double_quotes() {
    next();
    std::string text;
    while (!rest_.empty()) {
        if (peek() == '"') {
            next();
            return options_.keep_quotes ? "\"" + text + "\"" : text;
        }
        if (peek() == '$') {
            const auto value = read_dollar();
            if (!value) {
                return value;
            }
            text += *value;
            continue;
        }
        read_quoted_character(text);
    }
    return bad("unexpected end of statement while looking for matching double-quote");
}

void ShellLexer::read_quoted_character(std::string& text) {
    const char c = next();
    if (c != options_.escape) {
        text += c;
        return;
    }
    if (keep_escapes_) {
        text += c;
    }
    if (rest_.empty()) {
        return;
    }
    const bool escapes = peek() == '"' || peek() == '$' || peek() == options_.escape;
    text += escapes ? next() : c;
}

std::expected<Lexed, std::string> lex(
    std::string_view text,
    const Variables& variables,
    const LexOptions& options,
    ExpansionBudget& budget
) {
    return ShellLexer(text, variables, options, budget).read_all();
}

}  // namespace slipway::dockerfile
