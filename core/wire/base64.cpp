#include "core/wire/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::wire {
namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < standard_alphabet.size(); ++i) {
        values[static_cast<std::uint8_t>(standard_alphabet[i])] = static_cast<std::uint8_t>(i);
        values[static_cast<std::uint8_t>(url_alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

std::string encode(std::string_view bytes, std::string_view alphabet) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            bits = (bits << 8U) | (j < group.size() ? static_cast<std::uint8_t>(group[j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += j <= group.size() ? alphabet[(bits >> (18U - (6U * j))) & 63U] : '=';
        }
    }
    return text;
}

/// The digits without their padding; nothing where the padding does not fill a group of four.
std::optional<std::string_view> without_padding(std::string_view text) {
    const std::size_t digits = text.find_last_not_of('=') + 1;
    const std::size_t padding = text.size() - digits;
    if (padding != 0 && (padding > 2 || text.size() % 4 != 0)) {
        return std::nullopt;
    }
    return text.substr(0, digits);
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    return encode(bytes, standard_alphabet);
}

std::string base64url_encode(std::string_view bytes) {
    return encode(bytes, url_alphabet);
}

std::optional<std::string> base64_decode(std::string_view text) {
    const auto digits = without_padding(text);
    if (!digits || digits->size() % 4 == 1) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(digits->size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned bit_count = 0;
    for (const char digit : *digits) {
        const std::uint8_t value = digit_values[static_cast<std::uint8_t>(digit)];
        if (value == no_digit) {
            return std::nullopt;
        }
        bits = (bits << 6U) | value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes += static_cast<char>((bits >> bit_count) & 0xffU);
        }
    }
    return bytes;
}

}  // namespace slipway::wire
