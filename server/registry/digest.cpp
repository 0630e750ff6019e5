#include "server/registry/digest.hpp"

#include <array>
#include <openssl/evp.h>
#include <string>
#include <string_view>

namespace slipway::registry {
namespace {

constexpr std::string_view prefix = "sha256:";
constexpr std::string_view hex_digits = "0123456789abcdef";

}  // namespace

std::string sha256_digest(std::string_view bytes) {
    std::array<unsigned char, 32> hash{};
    ::EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, ::EVP_sha256(), nullptr);
    std::string digest(prefix);
    for (const unsigned char byte : hash) {
        digest += hex_digits[byte >> 4U];
        digest += hex_digits[byte & 0xFU];
    }
    return digest;
}

bool is_sha256_digest(std::string_view text) {
    return text.size() == prefix.size() + 64 && text.starts_with(prefix) &&
           text.find_first_not_of(hex_digits, prefix.size()) == std::string_view::npos;
}

}  // namespace slipway::registry
