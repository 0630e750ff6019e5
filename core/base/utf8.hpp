#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway {

/// `bytes` with U+FFFD in place of what is not UTF-8, one per ill-formed sequence as browsers do
/// (Unicode §3.9, maximal subparts).
[[nodiscard]] std::string valid_utf8(std::string_view bytes);

/// As many whole characters of `bytes` as a message has room for, as valid_utf8() makes them; a …
/// says that there is more. `room` is bytes of what is shown: a byte that is not UTF-8 takes three.
[[nodiscard]] std::string shortened(std::string_view bytes, std::size_t room = 200);

/// `bytes` on one line for a terminal, which they can't make do anything: control characters, marks
/// that turn the direction of what follows, and what is not UTF-8 become `\n`, `\t` or `\x1b`.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace slipway
