#include "core/wire/signature.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::wire {
namespace {

constexpr std::string_view token = "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=";
constexpr std::string_view id = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f";
constexpr std::string_view timestamp = "1767225600";
constexpr std::string_view body = R"({"object_kind":"push","ref":"refs/heads/main"})";
constexpr std::string_view signature = "v1,gZ/5Zg5kcSTMyneAaD4k76GUcLt09z+abQasQlDjVuk=";
constexpr std::chrono::sys_seconds sent{std::chrono::seconds(1'767'225'600)};

const std::string key = signing_key(token).value_or("");

SignatureVerdict verdict(
    SignatureHeaders headers, std::string_view content = body, std::chrono::sys_seconds now = sent
) {
    return verify_signature(key, headers, content, now);
}

TEST(SigningKey, IsWhatTheTokenEncodes) {
    EXPECT_EQ(signing_key(token), "testtesttesttesttesttesttesttest");
    EXPECT_EQ(signing_key("whsec_"), std::nullopt);
    EXPECT_EQ(signing_key("whsec_%%%"), std::nullopt);
    EXPECT_EQ(signing_key("dGVzdA=="), std::nullopt);
    EXPECT_EQ(signing_key(""), std::nullopt);
}

TEST(Signature, MatchesTheVectorComputedByOthers) {
    EXPECT_EQ(sign(key, id, timestamp, body), signature);
    EXPECT_EQ(verdict({id, timestamp, signature}), SignatureVerdict::valid);
}

TEST(Signature, CoversIdTimestampAndBody) {
    EXPECT_EQ(verdict({"other", timestamp, signature}), SignatureVerdict::mismatch);
    EXPECT_EQ(verdict({id, "1767225601", signature}), SignatureVerdict::mismatch);
    EXPECT_EQ(verdict({id, timestamp, signature}, "{}"), SignatureVerdict::mismatch);
    EXPECT_EQ(
        verify_signature("another key", {id, timestamp, signature}, body, sent),
        SignatureVerdict::mismatch
    );
}

TEST(Signature, AnyOneOfSeveralIsEnough) {
    const std::string wrong = "v1,AAAA";
    const std::string right(signature);
    EXPECT_EQ(verdict({id, timestamp, wrong + " " + right}), SignatureVerdict::valid);
    EXPECT_EQ(verdict({id, timestamp, right + " " + wrong}), SignatureVerdict::valid);
    EXPECT_EQ(verdict({id, timestamp, "v1a,xyz  " + right}), SignatureVerdict::valid);
    EXPECT_EQ(verdict({id, timestamp, wrong + " " + wrong}), SignatureVerdict::mismatch);
}

TEST(Signature, OtherVersionsArePassedOver) {
    const std::string digest(signature.substr(3));
    EXPECT_EQ(verdict({id, timestamp, "v2," + digest}), SignatureVerdict::mismatch);
    EXPECT_EQ(verdict({id, timestamp, digest}), SignatureVerdict::mismatch);
    EXPECT_EQ(verdict({id, timestamp, "   "}), SignatureVerdict::mismatch);
}

TEST(Signature, IsStaleBeyondFiveMinutesEitherWay) {
    using std::chrono::seconds;
    const SignatureHeaders headers{id, timestamp, signature};
    EXPECT_EQ(verdict(headers, body, sent + seconds(300)), SignatureVerdict::valid);
    EXPECT_EQ(verdict(headers, body, sent - seconds(300)), SignatureVerdict::valid);
    EXPECT_EQ(verdict(headers, body, sent + seconds(301)), SignatureVerdict::stale);
    EXPECT_EQ(verdict(headers, body, sent - seconds(301)), SignatureVerdict::stale);
}

TEST(Signature, AWrongOneIsAMismatchAtAnyTime) {
    EXPECT_EQ(
        verdict({id, timestamp, "v1,AAAA"}, body, sent + std::chrono::hours(1)),
        SignatureVerdict::mismatch
    );
}

TEST(Signature, MissingHeadersAndBadTimestampsAreMalformed) {
    EXPECT_EQ(verdict({"", timestamp, signature}), SignatureVerdict::malformed);
    EXPECT_EQ(verdict({id, timestamp, ""}), SignatureVerdict::malformed);
    for (const char* bad :
         {"", "now", "1767225600.5", " 1767225600", "-5", "99999999999999999999"}) {
        EXPECT_EQ(verdict({id, bad, signature}), SignatureVerdict::malformed) << bad;
    }
}

TEST(Signature, OfTheFarthestFutureIsStale) {
    const std::string far = "9223372036854775807";
    EXPECT_EQ(verdict({id, far, sign(key, id, far, body)}), SignatureVerdict::stale);
}

TEST(Signature, AnEmptyKeySignsAndVerifiesNothing) {
    EXPECT_EQ(sign("", id, timestamp, body), "");
    EXPECT_EQ(
        verify_signature("", {id, timestamp, signature}, body, sent), SignatureVerdict::mismatch
    );
}

TEST(EqualInConstantTime, ComparesWholeTexts) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secret "));
    EXPECT_FALSE(equal_in_constant_time("secret", ""));
    EXPECT_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace slipway::wire
