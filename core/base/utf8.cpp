#include "core/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// What may follow a lead byte: how many bytes, and the range of the first of them (Unicode, table
/// 3-7).
struct Lead {
    std::size_t continuations = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xbf;
    bool is_valid = true;
};

Lead lead_of_three(std::uint8_t byte) {
    if (byte == 0xe0) {
        return {.continuations = 2, .low = 0xa0};
    }
    // U+D800 to U+DFFF are no characters.
    return {.continuations = 2, .high = static_cast<std::uint8_t>(byte == 0xed ? 0x9f : 0xbf)};
}

Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80) {
        return {};
    }
    if (byte >= 0xc2 && byte <= 0xdf) {
        return {.continuations = 1};
    }
    if (byte >= 0xe0 && byte <= 0xef) {
        return lead_of_three(byte);
    }
    if (byte >= 0xf0 && byte <= 0xf4) {
        return {
            .continuations = 3,
            .low = static_cast<std::uint8_t>(byte == 0xf0 ? 0x90 : 0x80),
            .high = static_cast<std::uint8_t>(byte == 0xf4 ? 0x8f : 0xbf)
        };
    }
    return {.is_valid = false};
}

struct Sequence {
    std::size_t size = 1;
    bool is_valid = false;
};

Sequence first_sequence(std::string_view bytes) {
    Lead lead = lead_of(static_cast<std::uint8_t>(bytes.front()));
    if (!lead.is_valid) {
        return {};
    }
    for (std::size_t i = 1; i <= lead.continuations; ++i) {
        if (i == bytes.size()) {
            return {.size = i, .is_valid = false};
        }
        const auto byte = static_cast<std::uint8_t>(bytes[i]);
        if (byte < lead.low || byte > lead.high) {
            return {.size = i, .is_valid = false};
        }
        lead.low = 0x80;
        lead.high = 0xbf;
    }
    return {.size = lead.continuations + 1, .is_valid = true};
}

bool is_ascii(char byte) {
    return static_cast<std::uint8_t>(byte) < 0x80;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto plain =
            static_cast<std::size_t>(std::ranges::find_if_not(bytes, is_ascii) - bytes.begin());
        text += bytes.substr(0, plain);
        bytes.remove_prefix(plain);
        if (bytes.empty()) {
            break;
        }
        const Sequence sequence = first_sequence(bytes);
        text += sequence.is_valid ? bytes.substr(0, sequence.size) : replacement;
        bytes.remove_prefix(sequence.size);
    }
    return text;
}

}  // namespace slipway
