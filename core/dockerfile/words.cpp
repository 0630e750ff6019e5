#include "core/dockerfile/words.hpp"

#include "core/dockerfile/text.hpp"

#include <expected>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile {
namespace {

/// Reads `text` to the first white space outside quotes. With `keep_quotes` quotes and escapes stay
/// in the word.
std::string take_word(std::string_view& text, char escape, bool keep_quotes) {
    std::string word;
    char quote = '\0';
    while (!text.empty() && (quote != '\0' || space_at_start(text) == 0)) {
        const char c = text.front();
        text.remove_prefix(1);
        // BuildKit's two readers differ here: only words that keep their quotes take '…' literally.
        const bool escapes = c == escape && !(keep_quotes && quote == '\'');
        if (escapes) {
            if (!text.empty()) {
                word += keep_quotes ? std::string{c, text.front()} : std::string{text.front()};
                text.remove_prefix(1);
            }
            continue;
        }
        const bool opens = quote == '\0' && (c == '"' || c == '\'');
        const bool closes = quote != '\0' && c == quote;
        if (opens || closes) {
            quote = opens ? c : '\0';
            word += keep_quotes ? std::string{c} : std::string();
            continue;
        }
        word += c;
    }
    return word;
}

std::unexpected<std::string> bad_csv() {
    return std::unexpected<std::string>("failed to parse csv mounts: a quote is out of place");
}

/// A field that starts with a quote, which is gone already; `""` in it is one quote.
std::expected<std::string, std::string> take_quoted_field(std::string_view& text) {
    std::string field;
    while (true) {
        const auto quote = text.find('"');
        if (quote == std::string_view::npos) {
            return bad_csv();
        }
        field += text.substr(0, quote);
        text.remove_prefix(quote + 1);
        if (!text.starts_with('"')) {
            break;
        }
        field += '"';
        text.remove_prefix(1);
    }
    if (!text.empty() && text.front() != ',') {
        return bad_csv();
    }
    return field;
}

std::expected<std::string, std::string> take_field(std::string_view& text) {
    if (text.starts_with('"')) {
        text.remove_prefix(1);
        return take_quoted_field(text);
    }
    std::string field(text.substr(0, text.find(',')));
    if (field.contains('"')) {
        return bad_csv();
    }
    text.remove_prefix(field.size());
    return field;
}

}  // namespace

Command split_command(std::string_view line, char escape) {
    const auto parts = split_blanks(trim(line), 2);
    Command command{.keyword = parts.front(), .flags = {}, .rest = {}};
    if (parts.size() < 2) {
        return command;
    }
    auto rest = trim_left(parts[1]);
    while (rest.starts_with("--")) {
        auto word = take_word(rest, escape, false);
        const bool is_end_of_flags = word == "--";
        if (!is_end_of_flags) {
            command.flags.push_back(std::move(word));
        }
        rest = trim_left(rest);
        if (is_end_of_flags) {
            break;
        }
    }
    command.rest = trim(rest);
    return command;
}

std::vector<std::string> quoted_words(std::string_view text, char escape) {
    std::vector<std::string> words;
    for (text = trim_left(text); !text.empty(); text = trim_left(text)) {
        auto word = take_word(text, escape, true);
        if (!word.empty()) {
            words.push_back(std::move(word));
        }
    }
    return words;
}

std::expected<std::vector<std::string>, std::string> csv_fields(std::string_view text) {
    if (text.empty()) {
        return std::unexpected("failed to parse csv mounts: there is nothing");
    }
    std::vector<std::string> fields;
    while (true) {
        auto field = take_field(text);
        if (!field) {
            return std::unexpected(std::move(field.error()));
        }
        fields.push_back(std::move(*field));
        if (text.empty()) {
            return fields;
        }
        text.remove_prefix(1);
    }
}

std::expected<std::optional<std::vector<std::string>>, std::string> json_strings(
    std::string_view text
) {
    text = trim_left(text);
    if (!text.starts_with('[')) {
        return std::nullopt;
    }
    const auto array = nlohmann::json::parse(text, nullptr, false);
    if (!array.is_array()) {
        return std::nullopt;
    }
    std::vector<std::string> strings;
    for (const auto& item : array) {
        if (!item.is_string()) {
            return std::unexpected(
                "when using JSON array syntax, arrays must be comprised of strings only"
            );
        }
        strings.push_back(item.get<std::string>());
    }
    return strings;
}

}  // namespace slipway::dockerfile
