#include "core/dockerfile/text.hpp"

#include "core/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {
namespace {

constexpr std::array<std::string_view, 19> wide_spaces = {
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
    "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
    "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
};

}  // namespace

std::size_t space_at_start(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    const char first = text.front();
    if (static_cast<unsigned char>(first) < 0x80) {
        return is_blank(first) || first == '\n' ? 1 : 0;
    }
    const auto* const found = std::ranges::find_if(wide_spaces, [&](std::string_view space) {
        return text.starts_with(space);
    });
    return found == wide_spaces.end() ? 0 : found->size();
}

std::string_view trim_left(std::string_view text) {
    while (const auto width = space_at_start(text)) {
        text.remove_prefix(width);
    }
    return text;
}

std::string_view trim(std::string_view text) {
    text = trim_left(text);
    std::size_t end = 0;
    for (std::size_t pos = 0; pos < text.size();) {
        const auto width = space_at_start(text.substr(pos));
        pos += width == 0 ? 1 : width;
        end = width == 0 ? pos : end;
    }
    return text.substr(0, end);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

std::vector<std::string_view> split_blanks(std::string_view text, std::size_t limit) {
    std::vector<std::string_view> parts;
    while (parts.size() + 1 < limit) {
        const auto* const blank = std::ranges::find_if(text, is_blank);
        if (blank == text.end()) {
            break;
        }
        const auto* const next = std::find_if_not(blank, text.end(), is_blank);
        parts.emplace_back(text.begin(), blank);
        text = {next, text.end()};
    }
    parts.push_back(text);
    return parts;
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

std::string quoted(std::string_view text) {
    return '"' + shortened(text) + '"';
}

}  // namespace slipway::dockerfile
