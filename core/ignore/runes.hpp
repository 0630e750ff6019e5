#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::ignore {

constexpr char32_t replacement_rune = 0xfffd;

/// One character as Go's utf8.DecodeRune sees it: what is not UTF-8 is U+FFFD of one byte.
struct Rune {
    char32_t value = replacement_rune;
    std::size_t size = 1;

    [[nodiscard]] bool is_broken() const { return value == replacement_rune && size == 1; }
};

/// The first character of `text`, which is not empty.
[[nodiscard]] Rune first_rune(std::string_view text);

[[nodiscard]] std::u32string to_runes(std::string_view text);

/// Without the white space around it, in Unicode's sense, as Go's strings.TrimSpace.
[[nodiscard]] std::string_view trim_space(std::string_view text);

}  // namespace slipway::ignore
