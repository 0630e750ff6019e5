#include "core/wire/signature.hpp"

#include "core/wire/base64.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <openssl/types.h>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::wire {
namespace {

using Sha256Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* handle) const {
        release(handle);
    }
};

using Mac = std::unique_ptr<EVP_MAC, Releaser<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Releaser<EVP_MAC_CTX_free>>;

const unsigned char* as_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Sha256Digest sha256(std::string_view text) {
    Sha256Digest digest{};
    SHA256(as_bytes(text), text.size(), digest.data());
    return digest;
}

/// HMAC with SHA-256 and no key yet. Finding both by their names costs as much as signing a
/// kilobyte, so it is done once.
MacContext find_hmac_sha256() {
    const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    MacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    std::string digest_name = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
        OSSL_PARAM_construct_end(),
    };
    const bool found = context && EVP_MAC_CTX_set_params(context.get(), parameters.data()) == 1;
    return found ? std::move(context) : nullptr;
}

MacContext start_hmac_sha256(std::string_view key) {
    static const MacContext found = find_hmac_sha256();
    MacContext context(found ? EVP_MAC_CTX_dup(found.get()) : nullptr);
    const bool started =
        context && EVP_MAC_init(context.get(), as_bytes(key), key.size(), nullptr) == 1;
    return started ? std::move(context) : nullptr;
}

/// In parts, so that a body of 25 MiB is not copied to be signed. Nothing only where OpenSSL can't
/// work at all.
std::optional<std::string> hmac_sha256(
    std::string_view key, std::initializer_list<std::string_view> parts
) {
    const MacContext context = start_hmac_sha256(key);
    if (!context) {
        return std::nullopt;
    }
    for (const std::string_view part : parts) {
        if (EVP_MAC_update(context.get(), as_bytes(part), part.size()) != 1) {
            return std::nullopt;
        }
    }
    Sha256Digest code{};
    std::size_t size = 0;
    if (EVP_MAC_final(context.get(), code.data(), &size, code.size()) != 1 || size != code.size()) {
        return std::nullopt;
    }
    return std::string(code.begin(), code.end());
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
    std::int64_t seconds = 0;
    const char* const end = text.data() + text.size();
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): `end` is its size
    const auto [stop, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc{} || stop != end || seconds < 0) {
        return std::nullopt;
    }
    return seconds;
}

/// Looks at every signature, so that the time does not tell which one fitted. How long one is is no
/// secret.
bool any_fits(std::string_view signatures, std::string_view expected) {
    bool fits = false;
    while (!signatures.empty()) {
        const std::string_view one = signatures.substr(0, signatures.find(' '));
        const bool same = one.size() == expected.size() &&
                          CRYPTO_memcmp(one.data(), expected.data(), expected.size()) == 0;
        fits = same || fits;
        signatures.remove_prefix(std::min(one.size() + 1, signatures.size()));
    }
    return fits;
}

}  // namespace

bool equal_in_constant_time(std::string_view left, std::string_view right) {
    const Sha256Digest left_digest = sha256(left);
    const Sha256Digest right_digest = sha256(right);
    return CRYPTO_memcmp(left_digest.data(), right_digest.data(), left_digest.size()) == 0;
}

std::optional<std::string> signing_key(std::string_view token) {
    constexpr std::string_view prefix = "whsec_";
    if (!token.starts_with(prefix)) {
        return std::nullopt;
    }
    auto key = base64_decode(token.substr(prefix.size()));
    if (!key || key->empty()) {
        return std::nullopt;
    }
    return key;
}

SignatureVerdict verify_signature(
    std::string_view key,
    const SignatureHeaders& headers,
    std::string_view body,
    std::chrono::sys_seconds now
) {
    const auto seconds = parse_seconds(headers.timestamp);
    if (!seconds || headers.id.empty() || headers.signature.empty()) {
        return SignatureVerdict::malformed;
    }
    const std::string expected = sign(key, headers.id, headers.timestamp, body);
    if (expected.empty() || !any_fits(headers.signature, expected)) {
        return SignatureVerdict::mismatch;
    }
    const std::chrono::sys_seconds sent{std::chrono::seconds(*seconds)};
    const bool recent = sent >= now - signature_tolerance && sent <= now + signature_tolerance;
    return recent ? SignatureVerdict::valid : SignatureVerdict::stale;
}

std::string sign(
    std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body
) {
    if (key.empty()) {
        return {};
    }
    const auto code = hmac_sha256(key, {id, ".", timestamp, ".", body});
    return code ? "v1," + base64_encode(*code) : std::string();
}

}  // namespace slipway::wire
