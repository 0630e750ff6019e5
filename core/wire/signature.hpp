#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::wire {

/// Compares two secrets without telling by the time it takes where they differ or how long they
/// are.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right);

/// What Standard Webhooks sends along (GitLab 19.0: `webhook-id`, `webhook-timestamp`,
/// `webhook-signature`).
struct SignatureHeaders {
    std::string_view id;
    std::string_view timestamp;  ///< Unix seconds, decimal
    std::string_view signature;  ///< `v1,<base64>`, perhaps several separated by blanks
};

enum class SignatureVerdict : std::uint8_t {
    valid,
    stale,      ///< the signature is right, the timestamp is more than the tolerance away from now
    mismatch,   ///< no v1 signature fits
    malformed,  ///< a header is missing or the timestamp is no number
};

inline constexpr std::chrono::seconds signature_tolerance{300};

/// The key of a `whsec_…` signing token: base64 behind the prefix. Nothing where it is not one or
/// the key is empty.
[[nodiscard]] std::optional<std::string> signing_key(std::string_view token);

/// HMAC-SHA256 over `id.timestamp.body`; any one of the v1 signatures is enough, other versions are
/// passed over. `now` is the wall clock. https://www.standardwebhooks.com
[[nodiscard]] SignatureVerdict verify_signature(
    std::string_view key,
    const SignatureHeaders& headers,
    std::string_view body,
    std::chrono::sys_seconds now
);

/// `v1,<base64>` for tests, the quick start and outgoing hooks; empty for an empty key, which can't
/// sign anything.
[[nodiscard]] std::string sign(
    std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body
);

}  // namespace slipway::wire
