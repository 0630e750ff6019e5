#include "core/dockerfile/heredoc.hpp"

#include "core/dockerfile/shell_lex.hpp"
#include "core/dockerfile/shell_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile {
namespace {

// Heredocs are always read with a backslash, whatever the file's escape directive says: so does
// BuildKit.
constexpr LexOptions name_options{.keep_unset = true};
constexpr LexOptions line_options{.keep_quotes = true, .keep_escapes = true, .keep_unset = true};

std::size_t digits_at_start(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::find_if_not(text, [](char c) { return c >= '0' && c <= '9'; }) - text.begin()
    );
}

/// `[fd]<<[-]NAME`, where NAME may be quoted; nothing for any other word.
std::expected<std::optional<Heredoc>, std::string> parse_heredoc(std::string_view word) {
    word.remove_prefix(digits_at_start(word));
    if (!word.starts_with("<<")) {
        return std::nullopt;
    }
    word.remove_prefix(2);
    const bool strip_tabs = word.starts_with('-');
    word.remove_prefix(strip_tabs ? 1 : 0);
    const auto name_at = word.find_first_not_of(" \t\n\f\r");
    if (name_at == std::string_view::npos || word.contains('<')) {
        return std::nullopt;
    }
    ExpansionBudget budget;
    auto name = lex(word.substr(name_at), {}, name_options, budget);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    if (name->words.size() != 1) {
        return std::nullopt;
    }
    return Heredoc{.name = std::move(name->words.front()), .strip_tabs = strip_tabs};
}

}  // namespace

bool Heredoc::ends_with_line(std::string_view line) const {
    if (strip_tabs) {
        line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    }
    return line == name;
}

std::expected<std::vector<Heredoc>, std::string> heredocs_in(std::string_view line) {
    std::vector<Heredoc> heredocs;
    ExpansionBudget budget;
    const auto lexed = lex(line, {}, line_options, budget);
    if (!lexed) {
        return heredocs;  // BuildKit leaves such a line to the shell that runs it
    }
    for (const auto& word : lexed->words) {
        auto heredoc = parse_heredoc(word);
        if (!heredoc) {
            return std::unexpected(std::move(heredoc.error()));
        }
        if (auto found = std::move(*heredoc)) {
            heredocs.push_back(std::move(*found));
        }
    }
    return heredocs;
}

bool is_heredoc(std::string_view word) {
    const auto heredoc = parse_heredoc(word);
    return heredoc && heredoc->has_value();
}

}  // namespace slipway::dockerfile
