#include "core/model/object_id.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::model {
namespace {

constexpr int not_hex = -1;

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return not_hex;
}

}  // namespace

IdKind classify_id(std::string_view text) {
    const bool length_fits = text.size() == 40 || text.size() == 64;
    if (!length_fits || std::ranges::any_of(text, [](char c) { return hex_value(c) == not_hex; })) {
        return IdKind::other;
    }
    if (std::ranges::all_of(text, [](char c) { return c == '0'; })) {
        return IdKind::zeros;
    }
    return text.size() == 40 ? IdKind::sha1 : IdKind::sha256;
}

std::optional<ObjectId> parse_object_id(std::string_view text) {
    ObjectId id;
    if (text.size() != id.bytes.size() * 2) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[(2 * i) + 1]);
        if (high == not_hex || low == not_hex) {
            return std::nullopt;
        }
        id.bytes[i] = static_cast<std::uint8_t>((high << 4) | low);
    }
    return id;
}

std::string to_string(const ObjectId& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(id.bytes.size() * 2);
    for (const std::uint8_t byte : id.bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0fU];
    }
    return text;
}

}  // namespace slipway::model
