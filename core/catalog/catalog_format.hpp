#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::catalog {

/// A catalog's bytes: Header, IndexEntry × images, uint32 × edges, texts (all folders, which two
/// catalogs are compared by, then all records), conflicts. All numbers in the machine's own byte
/// order: a catalog is a cache, it does not travel. The last character of the magic is the version:
/// raise it with every change of the layout, of a record, or of what a parser finds.
inline constexpr std::array<char, 8> format_magic = {'s', 'l', 'i', 'p', 'c', 'a', 't', '3'};

struct Header {
    std::array<char, 8> magic{};
    std::uint64_t checksum = 0;  ///< of every byte behind this field
    std::uint32_t images = 0;
    std::uint32_t edges = 0;
    std::uint32_t texts_size = 0;
    std::uint32_t conflicts_size = 0;
    std::uint32_t any_watch = 0;
    std::uint32_t unused = 0;
};

/// Where the bytes begin that the checksum is of.
inline constexpr std::size_t checksum_from = offsetof(Header, images);

/// Tells a whole file from one that a power cut or a bad disk left half written. Four lanes, so
/// that it costs a tenth of a millisecond for ten thousand images.
[[nodiscard]] std::uint64_t checksum(std::string_view bytes);

}  // namespace slipway::catalog
