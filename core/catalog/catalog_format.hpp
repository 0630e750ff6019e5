#pragma once

#include <array>
#include <cstdint>

namespace slipway::catalog {

/// A catalog's bytes: Header, IndexEntry × images, uint32 × edges, texts (folders and records), conflicts. All numbers in the
/// machine's own byte order: a catalog is a cache, it does not travel. The last character of the magic is the version: raise it with
/// every change of the layout, of a record, or of what a parser finds.
inline constexpr std::array<char, 8> format_magic = {'s', 'l', 'i', 'p', 'c', 'a', 't', '1'};

struct Header {
    std::array<char, 8> magic{};
    std::uint32_t images = 0;
    std::uint32_t edges = 0;
    std::uint32_t texts_size = 0;
    std::uint32_t conflicts_size = 0;
    std::uint32_t any_watch = 0;
    std::uint32_t unused = 0;
};

}  // namespace slipway::catalog
