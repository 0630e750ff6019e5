#include "core/model/image_ref.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::model {
namespace {

constexpr std::string_view sha256 =
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The normalised reference, or `refused: …`.
std::string parsed(std::string_view text) {
    const auto ref = parse_image_ref(text);
    return ref ? to_string(*ref) : "refused: " + ref.error().message;
}

bool is_refused(std::string_view text) {
    return !parse_image_ref(text).has_value();
}

TEST(ImageRef, OneNameIsAnOfficialImageOfDockerHub) {
    EXPECT_EQ(parsed("python:3.10"), "docker.io/library/python:3.10");
    EXPECT_EQ(parsed("docker.io/python"), "docker.io/library/python");
}

TEST(ImageRef, TwoNamesAreAUserOfDockerHub) {
    EXPECT_EQ(parsed("team/python"), "docker.io/team/python");
    EXPECT_EQ(parsed("registry/python"), "docker.io/registry/python");
}

TEST(ImageRef, TheLegacyHubIsFoldedIntoDockerHubAndNoOther) {
    EXPECT_EQ(parsed("index.docker.io/python"), "docker.io/library/python");
    EXPECT_EQ(parsed("registry-1.docker.io/python"), "registry-1.docker.io/python");
    EXPECT_EQ(parsed("registry.hub.docker.com/python"), "registry.hub.docker.com/python");
}

TEST(ImageRef, AFirstNameWithADotColonUpperCaseOrLocalhostIsARegistry) {
    EXPECT_EQ(parsed("example.com/a"), "example.com/a");
    EXPECT_EQ(parsed("host:5000/a"), "host:5000/a");
    EXPECT_EQ(parsed("Foo/a"), "Foo/a");
    EXPECT_EQ(parsed("localhost/a"), "localhost/a");
    EXPECT_EQ(parsed("[::1]:5000/a"), "[::1]:5000/a");
}

TEST(ImageRef, WithoutASlashAColonStartsATag) {
    EXPECT_EQ(parsed("localhost:5000"), "docker.io/library/localhost:5000");
}

TEST(ImageRef, PartsAreWhatWasWritten) {
    const auto ref = parse_image_ref("example.com:80/a/b:t@" + std::string(sha256));
    ASSERT_TRUE(ref);
    EXPECT_EQ(ref->domain, "example.com:80");
    EXPECT_EQ(ref->path, "a/b");
    EXPECT_EQ(ref->name(), "example.com:80/a/b");
    EXPECT_EQ(ref->tag, "t");
    EXPECT_EQ(ref->digest, sha256);
}

TEST(ImageRef, ThereIsNoImpliedTag) {
    const auto ref = parse_image_ref("a");
    ASSERT_TRUE(ref);
    EXPECT_EQ(ref->tag, "");
    EXPECT_EQ(ref->digest, "");
}

TEST(ImageRef, SeparatorsInAPathStandBetweenLettersAndDigits) {
    for (const std::string_view good : {"a.b", "a_b", "a__b", "a-b", "a----b", "a.b_c"}) {
        EXPECT_FALSE(is_refused(good)) << good;
    }
    for (const std::string_view bad :
         {"a..b",
          "a___b",
          "a._b",
          "-a",
          "a-",
          ".a",
          "a.",
          "_a",
          "a/",
          "a//b",
          "/a",
          "a b",
          "",
          ":t",
          "@"}) {
        EXPECT_TRUE(is_refused(bad)) << bad;
    }
}

TEST(ImageRef, ARegistryIsAHostWithAnOptionalPort) {
    for (const std::string_view bad :
         {"-a.b/c",
          "a-.b/c",
          "a..b/c",
          ".a/c",
          "a_b.c/d",
          "h:/c",
          "h:x/c",
          "[]/c",
          "[::1/c",
          "[g::]/c",
          "a:1:2/c"}) {
        EXPECT_TRUE(is_refused(bad)) << bad;
    }
}

TEST(ImageRef, AnUpperCaseNameIsRefusedInTheLibrarysWords) {
    EXPECT_EQ(
        parsed("team/Foo"),
        "refused: image reference 'team/Foo': invalid reference format: repository name (team/Foo) "
        "must be lowercase"
    );
}

TEST(ImageRef, SixtyFourHexDigitsAreNoName) {
    EXPECT_TRUE(is_refused(std::string(64, 'a')));
    EXPECT_FALSE(is_refused(std::string(63, 'a')));
}

TEST(ImageRef, APathHasAtMost255CharactersTheRegistryNotCounted) {
    EXPECT_FALSE(is_refused("example.com/" + std::string(255, 'a')));
    EXPECT_TRUE(is_refused("example.com/" + std::string(256, 'a')));
    EXPECT_TRUE(is_refused(std::string(255 - 7, 'a') + "x")) << "library/ counts";
}

TEST(ImageRef, ATagHasAtMost128WordCharactersDotsAndDashes) {
    EXPECT_TRUE(is_valid_tag("_A.b-9"));
    EXPECT_TRUE(is_valid_tag(std::string(128, 'x')));
    EXPECT_FALSE(is_valid_tag(std::string(129, 'x')));
    EXPECT_FALSE(is_valid_tag(""));
    EXPECT_FALSE(is_valid_tag(".a"));
    EXPECT_FALSE(is_valid_tag("-a"));
    EXPECT_FALSE(is_valid_tag("a+b"));
    EXPECT_TRUE(is_refused("a:"));
    EXPECT_TRUE(is_refused("a:b:c"));
}

TEST(ImageRef, ADigestIsLowerCaseHexOfTheLengthOfItsAlgorithm) {
    const std::string hex32(32, 'a');
    EXPECT_EQ(parsed("a@" + std::string(sha256)), "docker.io/library/a@" + std::string(sha256));
    EXPECT_FALSE(is_refused("a@sha384:" + hex32 + hex32 + hex32));
    EXPECT_FALSE(is_refused("a@sha512:" + hex32 + hex32 + hex32 + hex32));
    EXPECT_TRUE(parsed("a@sha256:" + hex32).ends_with("invalid checksum digest length"));
    EXPECT_TRUE(parsed("a@md5:" + hex32).ends_with("unsupported digest algorithm"));
    EXPECT_TRUE(
        parsed("a@sha256:A" + std::string(63, 'a')).ends_with("invalid checksum digest format")
    );
    EXPECT_TRUE(parsed("a@sha256:xyz").ends_with("invalid reference format"));
    EXPECT_TRUE(is_refused("a@sha256"));
    EXPECT_TRUE(is_refused("a@" + std::string(sha256) + ":t")) << "the tag comes first";
}

TEST(ImageRef, PeopleWriteNeitherHubNorLibrary) {
    const auto shown = [](std::string_view text) {
        return familiar(parse_image_ref(text).value());
    };
    EXPECT_EQ(shown("docker.io/library/python:3"), "python:3");
    EXPECT_EQ(shown("docker.io/team/python"), "team/python");
    EXPECT_EQ(shown("docker.io/library/a/b"), "library/a/b");
    EXPECT_EQ(shown("example.com/library/a"), "example.com/library/a");
    EXPECT_EQ(shown("docker.io/a.b/c"), "a.b/c")
        << "as Docker shows it; only to_string() is parsed";
}

TEST(ImageRef, TheDefaultTagIsForNeitherTagNorDigest) {
    const auto shown = [](std::string_view text) {
        return to_string(with_default_tag(parse_image_ref(text).value()));
    };
    EXPECT_EQ(shown("x.y/a"), "x.y/a:latest");
    EXPECT_EQ(shown("x.y/a:1"), "x.y/a:1");
    EXPECT_EQ(shown("x.y/a@" + std::string(sha256)), "x.y/a@" + std::string(sha256));
}

TEST(ImageRef, ALongTextIsCutInTheMessage) {
    EXPECT_LT(parsed(std::string(100'000, '!')).size(), 500U);
}

}  // namespace
}  // namespace slipway::model
