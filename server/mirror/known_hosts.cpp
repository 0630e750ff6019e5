#include "server/mirror/known_hosts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::mirror {
namespace {

constexpr std::string_view blanks = " \t\r";

std::span<const unsigned char> bytes_of(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string to_base64(std::span<const unsigned char> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL writes a zero behind
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size())
    );
    text.resize(static_cast<std::size_t>(size));
    return text;
}

/// Nothing where it is not base64.
std::string from_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        bytes_of(text).data(),
        static_cast<int>(text.size())
    );
    const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
    std::string digest(SHA_DIGEST_LENGTH, '\0');
    unsigned int size = 0;
    HMAC(
        EVP_sha1(),
        key.data(),
        static_cast<int>(key.size()),
        bytes_of(text).data(),
        text.size(),
        reinterpret_cast<unsigned char*>(digest.data()),
        &size
    );
    return digest;
}

/// `|1|salt|hash of the name`, both in base64.
bool matches_hashed(std::string_view field, std::string_view name) {
    field.remove_prefix(3);
    const std::size_t bar = field.find('|');
    if (bar == std::string_view::npos) {
        return false;
    }
    const std::string salt = from_base64(field.substr(0, bar));
    return !salt.empty() && hmac_sha1(salt, name) == from_base64(field.substr(bar + 1));
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) {
        return name.empty();
    }
    if (pattern.front() == '*') {
        return matches_pattern(pattern.substr(1), name) ||
               (!name.empty() && matches_pattern(pattern, name.substr(1)));
    }
    return !name.empty() &&
           (pattern.front() == '?' || std::tolower(pattern.front()) == name.front()) &&
           matches_pattern(pattern.substr(1), name.substr(1));
}

bool matches_list(std::string_view patterns, std::string_view name) {
    bool is_match = false;
    for (const auto part : std::views::split(patterns, ',')) {
        const std::string_view pattern(part.begin(), part.end());
        if (pattern.starts_with('!')) {
            if (matches_pattern(pattern.substr(1), name)) {
                return false;
            }
        } else {
            is_match = is_match || matches_pattern(pattern, name);
        }
    }
    return is_match;
}

bool matches_host(std::string_view field, std::string_view name) {
    return field.starts_with("|1|") ? matches_hashed(field, name) : matches_list(field, name);
}

std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

struct Line {
    std::string_view marker;  ///< empty, `@revoked` or `@cert-authority`
    std::string_view hosts;
    std::string_view key;
};

Line parse_line(std::string_view text) {
    Line line;
    std::string_view word = take_word(text);
    if (word.starts_with('@')) {
        line.marker = word;
        word = take_word(text);
    }
    line.hosts = word.starts_with('#') ? std::string_view() : word;
    take_word(text);  // the type is in the key as well
    line.key = take_word(text);
    return line;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return result;
}

std::vector<std::string> names_of(HostAddress address) {
    const std::string host = lower(address.host);
    if (address.port == "22") {
        return {host};
    }
    // As OpenSSH: a host's plain name counts on every port.
    return {"[" + host + "]:" + std::string(address.port), host};
}

}  // namespace

HostKey find_host_key(std::string_view known_hosts, HostAddress address, std::string_view key) {
    const std::vector<std::string> names = names_of(address);
    const std::string encoded = to_base64(bytes_of(key));
    HostKey found = HostKey::unknown;
    for (const auto part : std::views::split(known_hosts, '\n')) {
        const Line line = parse_line(std::string_view(part.begin(), part.end()));
        if (line.key.empty() || line.marker == "@cert-authority" ||
            std::ranges::none_of(names, [&line](const std::string& name) {
                return matches_host(line.hosts, name);
            })) {
            continue;
        }
        const bool is_same = line.key == encoded;
        if (line.marker == "@revoked") {
            if (is_same) {
                return HostKey::revoked;
            }
        } else if (is_same) {
            found = HostKey::known;
        } else if (found == HostKey::unknown) {
            found = HostKey::different;
        }
    }
    return found;
}

std::string key_type(std::string_view key) {
    // A text in ssh's wire form has its length before it, four bytes, the highest first.
    constexpr std::size_t length_size = 4;
    if (key.size() < length_size) {
        return "unknown type";
    }
    std::size_t length = 0;
    for (const unsigned char byte : bytes_of(key.substr(0, length_size))) {
        length = length << 8U | byte;
    }
    return std::string(key.substr(length_size, length));
}

std::string fingerprint(std::string_view key) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(bytes_of(key).data(), key.size(), digest.data());
    std::string text = to_base64(digest);
    text.erase(text.find_last_not_of('=') + 1);  // as ssh-keygen shows it
    return "SHA256:" + text;
}

}  // namespace slipway::mirror
