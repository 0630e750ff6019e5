#include "core/ignore/expression_escapes.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::ignore {
namespace {

constexpr char32_t last_ascii = 0x7f;
constexpr char32_t last_rune = 0x10ffff;

bool is_octal(char32_t rune) {
    return rune >= U'0' && rune <= U'7';
}

bool is_alphanumeric(char32_t rune) {
    return (rune >= U'0' && rune <= U'9') || (rune >= U'A' && rune <= U'Z') ||
           (rune >= U'a' && rune <= U'z');
}

std::optional<char32_t> hex_value(char32_t rune) {
    constexpr std::u32string_view digits = U"0123456789abcdef0123456789ABCDEF";
    const auto at = digits.find(rune);
    if (at == std::u32string_view::npos) {
        return std::nullopt;
    }
    return static_cast<char32_t>(at % 16);
}

char32_t take_octal(std::u32string_view& text) {
    char32_t value = 0;
    for (int digits = 0; digits < 3 && !text.empty() && is_octal(text.front()); ++digits) {
        value = (value * 8) + (text.front() - U'0');
        text.remove_prefix(1);
    }
    return value;
}

std::optional<char32_t> hex_number(std::u32string_view digits) {
    char32_t value = 0;
    for (const char32_t rune : digits) {
        const auto digit = hex_value(rune);
        if (!digit || value > last_rune) {
            return std::nullopt;
        }
        value = (value * 16) + *digit;
    }
    return digits.empty() || value > last_rune ? std::nullopt : std::optional(value);
}

/// From behind `\x`: two digits, or any number of them in braces.
std::optional<char32_t> take_hex(std::u32string_view& text) {
    if (!text.starts_with(U'{')) {
        const auto value = text.size() < 2 ? std::nullopt : hex_number(text.substr(0, 2));
        text.remove_prefix(value ? 2 : 0);
        return value;
    }
    const auto end = text.find(U'}');
    if (end == std::u32string_view::npos) {
        return std::nullopt;
    }
    const auto value = hex_number(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    return value;
}

std::optional<char32_t> control_character(char32_t letter) {
    constexpr std::u32string_view letters = U"afnrtv";
    constexpr std::u32string_view characters = U"\a\f\n\r\t\v";
    const auto at = letters.find(letter);
    return at == std::u32string_view::npos ? std::nullopt : std::optional(characters[at]);
}

std::optional<char32_t> take_named(std::u32string_view& text) {
    const char32_t letter = text.front();
    // A single digit but 0 would be a back reference, which Go has not.
    if (letter == U'0' || (is_octal(letter) && text.size() > 1 && is_octal(text[1]))) {
        return take_octal(text);
    }
    text.remove_prefix(1);
    if (letter == U'x') {
        return take_hex(text);
    }
    if (letter <= last_ascii && !is_alphanumeric(letter)) {
        return letter;
    }
    return control_character(letter);
}

/// The character as people can read it in a message.
std::string shown(char32_t rune) {
    return rune > U' ' && rune < last_ascii ? std::string(1, static_cast<char>(rune)) : "…";
}

}  // namespace

std::expected<char32_t, std::string> take_rune_escape(std::u32string_view& text) {
    text.remove_prefix(1);
    if (text.empty()) {
        return std::unexpected("nothing follows the '\\' at its end");
    }
    const char32_t letter = text.front();
    const auto rune = take_named(text);
    if (!rune) {
        return std::unexpected(
            "Docker takes '\\" + shown(letter) +
            "' for an escape of a regular expression, which it is not: write '" + shown(letter) +
            "' without '\\'"
        );
    }
    return *rune;
}

}  // namespace slipway::ignore
