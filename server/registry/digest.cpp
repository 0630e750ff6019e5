#include "server/registry/digest.hpp"

#include "core/base/sha256.hpp"

#include <string>
#include <string_view>

namespace slipway::registry {
namespace {

constexpr std::string_view prefix = "sha256:";
constexpr std::string_view hex_digits = "0123456789abcdef";

}  // namespace

std::string sha256_digest(std::string_view bytes) {
    return std::string(prefix) + sha256_hex(bytes);
}

bool is_sha256_digest(std::string_view text) {
    return text.size() == prefix.size() + 64 && text.starts_with(prefix) &&
           text.find_first_not_of(hex_digits, prefix.size()) == std::string_view::npos;
}

}  // namespace slipway::registry
