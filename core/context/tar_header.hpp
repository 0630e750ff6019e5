#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::context {

constexpr std::size_t tar_block = 512;

enum class TarType : char { file = '0', symlink = '2', directory = '5' };

/// What a tar says of one entry.
struct TarHeader {
    std::string_view path;  ///< a directory's ends in `/`
    TarType type = TarType::file;
    std::uint32_t mode = 0644;
    std::uint64_t size = 0;
    std::int64_t mtime =
        0;  ///< seconds since 1970; what the format can't hold becomes the nearest that it can
    std::string_view link = {};  ///< a symbolic link's target
};

/// Appends the header as a POSIX ustar block, with a block of pax records before it where a name is
/// longer than 100 bytes or not ASCII, or the size is 8 GiB or more. Owner is 0:0.
void append_tar_header(std::string& out, const TarHeader& header);

/// Appends zeros up to the next whole block, for content of `size` bytes.
void append_tar_padding(std::string& out, std::uint64_t size);

}  // namespace slipway::context
