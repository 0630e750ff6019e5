#include "core/wire/signature.hpp"

#include "core/wire/base64.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::fuzz {
namespace {

using wire::SignatureHeaders;
using wire::SignatureVerdict;

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};

void check_base64(std::string_view text) {
    require(wire::base64_decode(wire::base64_encode(text)) == text, "base64 and back");
    require(wire::base64_decode(wire::base64url_encode(text)) == text, "base64url and back");
    if (const auto bytes = wire::base64_decode(text)) {
        require(wire::base64_decode(wire::base64_encode(*bytes)) == bytes, "decoded, and again");
    }
}

bool holds(const SignatureHeaders& headers, std::string_view expected) {
    return (" " + std::string(headers.signature) + " ").contains(" " + std::string(expected) + " ");
}

/// Nobody gets through without the one signature that the key makes.
void check_verdict(std::string_view key, const SignatureHeaders& headers, std::string_view body) {
    const std::string expected = wire::sign(key, headers.id, headers.timestamp, body);
    const SignatureVerdict verdict = wire::verify_signature(key, headers, body, now);
    const bool right = verdict == SignatureVerdict::valid || verdict == SignatureVerdict::stale;
    require(!right || holds(headers, expected), "only the key's own signature is right");
    require(!right || !key.empty(), "an empty key is right for nothing");
}

/// What we sign is right as long as it is untouched.
void check_own(std::string_view key, SignatureHeaders headers, std::string_view body) {
    const std::string own = wire::sign(key, headers.id, headers.timestamp, body);
    const std::string several = "v2,x " + own;
    headers.signature = several;
    const SignatureVerdict verdict = wire::verify_signature(key, headers, body, now);
    require(verdict != SignatureVerdict::mismatch, "our own signature fits");
    const std::string other = std::string(body) + "x";
    const SignatureVerdict changed = wire::verify_signature(key, headers, other, now);
    require(
        changed == SignatureVerdict::mismatch || changed == SignatureVerdict::malformed,
        "a changed body does not"
    );
}

}  // namespace

/// Four lines: the token, then the headers; behind them the body.
void check(std::string_view input) {
    check_base64(input);
    const std::string_view token = take_line(input);
    SignatureHeaders headers;
    headers.id = take_line(input);
    headers.timestamp = take_line(input);
    headers.signature = take_line(input);
    const std::optional<std::string> key = wire::signing_key(token);
    require(!key || !key->empty(), "a key is not empty");
    check_verdict(key.value_or(std::string()), headers, input);
    if (key) {
        check_own(*key, headers, input);
    }
}

}  // namespace slipway::fuzz
