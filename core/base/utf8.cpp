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

bool is_between(std::string_view sequence, std::string_view first, std::string_view last) {
    return sequence.size() == first.size() && sequence >= first && sequence <= last;
}

/// One character, well-formed.
bool acts_on_a_terminal(std::string_view sequence) {
    if (sequence.size() == 1) {
        return static_cast<std::uint8_t>(sequence.front()) < 0x20 || sequence == "\x7f";
    }
    return is_between(sequence, "\xc2\x80", "\xc2\x9f") ||          // U+0080 to U+009F: C1
           is_between(sequence, "\xe2\x80\x8e", "\xe2\x80\x8f") ||  // U+200E, U+200F: marks
           is_between(sequence, "\xe2\x80\xa8", "\xe2\x80\xae") ||  // U+2028 to U+202E
           is_between(sequence, "\xe2\x81\xa6", "\xe2\x81\xa9");    // U+2066 to U+2069
}

void append_escaped(std::string& text, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (c == '\n' || c == '\t') {
            text += c == '\n' ? "\\n" : "\\t";
        } else {
            text += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
        }
    }
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

std::string shortened(std::string_view bytes, std::size_t room) {
    std::string text;
    while (!bytes.empty()) {
        const Sequence sequence = first_sequence(bytes);
        const std::string_view shown =
            sequence.is_valid ? bytes.substr(0, sequence.size) : replacement;
        if (text.size() + shown.size() > room) {
            return text + "…";
        }
        text += shown;
        bytes.remove_prefix(sequence.size);
    }
    return text;
}

std::string printable(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const Sequence sequence = first_sequence(bytes);
        const std::string_view character = bytes.substr(0, sequence.size);
        if (sequence.is_valid && !acts_on_a_terminal(character)) {
            text += character;
        } else {
            append_escaped(text, character);
        }
        bytes.remove_prefix(sequence.size);
    }
    return text;
}

}  // namespace slipway
