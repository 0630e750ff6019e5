#include "core/base/sha256.hpp"

#include <array>
#include <new>
#include <openssl/evp.h>
#include <string>
#include <string_view>

namespace slipway {

std::string sha256_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, 32> hash{};
    const int done =
        ::EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, ::EVP_sha256(), nullptr);
    if (done != 1) {
        throw std::bad_alloc();
    }
    std::string hex;
    for (const unsigned char byte : hash) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 0x0fU];
    }
    return hex;
}

}  // namespace slipway
