#include "core/ignore/runes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::ignore {
namespace {

constexpr char32_t last_ascii = 0x7f;
constexpr char32_t last_rune = 0x10ffff;

bool is_continuation(char byte) {
    return (static_cast<std::uint8_t>(byte) & 0xc0U) == 0x80U;
}

/// How many bytes the lead byte promises; 0 where it is no lead byte.
std::size_t promised_size(std::uint8_t lead) {
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool is_shortest_form(char32_t value, std::size_t size) {
    constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    return value >= smallest.at(size) && value <= last_rune && !is_surrogate;
}

bool is_space(char32_t rune) {
    if (rune <= 0xff) {
        return (rune >= '\t' && rune <= '\r') || rune == ' ' || rune == 0x85 || rune == 0xa0;
    }
    return rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 ||
           rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

}  // namespace

Rune first_rune(std::string_view text) {
    const auto lead = static_cast<std::uint8_t>(text.front());
    if (lead <= last_ascii) {
        return {.value = lead, .size = 1};
    }
    const std::size_t size = promised_size(lead);
    if (size == 0 || text.size() < size) {
        return {};
    }
    char32_t value = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if (!is_continuation(text[i])) {
            return {};
        }
        value = (value << 6U) | (static_cast<std::uint8_t>(text[i]) & 0x3fU);
    }
    return is_shortest_form(value, size) ? Rune{.value = value, .size = size} : Rune{};
}

std::u32string to_runes(std::string_view text) {
    std::u32string runes;
    runes.reserve(text.size());
    while (!text.empty()) {
        const Rune rune = first_rune(text);
        runes += rune.value;
        text.remove_prefix(rune.size);
    }
    return runes;
}

std::string_view trim_space(std::string_view text) {
    std::size_t begin = text.size();
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Rune rune = first_rune(text.substr(at));
        if (!is_space(rune.value)) {
            begin = begin == text.size() ? at : begin;
            end = at + rune.size;
        }
        at += rune.size;
    }
    return end == 0 ? std::string_view() : text.substr(begin, end - begin);
}

}  // namespace slipway::ignore
