#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace slipway::fuzz {

/// What each target defines: breaks a promise, and the process ends. Exceptions end it too.
void check(std::string_view input);

/// Ends the process where a promise does not hold; libFuzzer then keeps the input.
inline void require(bool holds, const char* promise) {
    if (!holds) {
        std::fprintf(stderr, "BROKEN PROMISE: %s\n", promise);
        std::abort();
    }
}

/// Cuts `rest` behind its first line, which is returned without its end.
inline std::string_view take_line(std::string_view& rest) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

/// Calls `take` with the input in pieces, as a network would cut it: their sizes follow from what
/// is in them.
template <class Take>
void in_pieces(std::string_view input, const Take& take) {
    constexpr unsigned longest = 13;
    while (!input.empty()) {
        const std::size_t size = 1 + (static_cast<unsigned char>(input.front()) % longest);
        const std::string_view piece = input.substr(0, size);
        take(piece);
        input.remove_prefix(piece.size());
    }
}

}  // namespace slipway::fuzz
