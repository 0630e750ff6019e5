#pragma once

#include "core/dockerfile/shell_lex.hpp"
#include "core/dockerfile/shell_pattern.hpp"
#include "core/dockerfile/word_list.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

/// One call of lex().
class ShellLexer {
public:
    ShellLexer(
        std::string_view text,
        const Variables& variables,
        const LexOptions& options,
        ExpansionBudget& budget
    )
        : rest_(text),
          variables_(variables),
          options_(options),
          budget_(budget),
          keep_escapes_(options.keep_escapes) {}

    [[nodiscard]] std::expected<Lexed, std::string> read_all();

private:
    std::string_view rest_;
    const Variables& variables_;
    const LexOptions& options_;
    ExpansionBudget& budget_;
    WordList words_;
    bool keep_escapes_;
    int depth_ = 0;

    [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    char next();
    Substituted read_until(char stop, bool keep_escapes);
    Substituted read_parts(char stop);
    std::optional<Substituted> read_special();
    void read_plain(std::string& result);
    std::string read_heredoc_start();
    Substituted read_single_quotes();
    Substituted read_double_quotes();
    void read_quoted_character(std::string& text);

    // substitution.cpp
    Substituted read_dollar();
    Substituted read_braces();
    Substituted plain_value(const std::string& name);
    Substituted read_modifier(const std::string& name, char modifier, bool empty_is_unset);
    static std::string why_unset(const std::string& word, bool unset);
    Substituted cut(std::string_view value, std::string_view pattern, char modifier);
    Substituted read_replacement(const std::string& name);
    Substituted read_nested(char stop, bool keep_escapes);
    std::string read_name();
    [[nodiscard]] const std::string* find(std::string_view name) const;
    Substituted spend_on(std::string_view value);
};

}  // namespace slipway::dockerfile
