#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// The SHA-256 of `bytes` as 64 lower-case hex digits. Throws std::bad_alloc where OpenSSL can't
/// work at all: a made-up hash would be equal to another one.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace slipway
