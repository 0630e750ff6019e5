#include "server/http/target.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::http {
namespace {

using Segments = std::vector<std::string>;
using Query = std::map<std::string, std::string>;

Target parsed(std::string_view text) {
    const Result<Target> target = parse_target(text);
    EXPECT_TRUE(target.has_value()) << text;
    return target.value_or(Target{});
}

TEST(Target, SplitsThePathIntoSegments) {
    const Target target = parsed("/api/v1/builds/7");
    EXPECT_EQ(target.path, "/api/v1/builds/7");
    EXPECT_EQ(target.segments, (Segments{"api", "v1", "builds", "7"}));
    EXPECT_EQ(target.query, Query{});
}

TEST(Target, OfTheRootHasNoSegment) {
    EXPECT_EQ(parsed("/").segments, Segments{});
    EXPECT_EQ(parsed("/").path, "/");
    EXPECT_EQ(parsed("/?a=1").segments, Segments{});
}

TEST(Target, KeepsEmptySegments) {
    EXPECT_EQ(parsed("/a/").segments, (Segments{"a", ""}));
    EXPECT_EQ(parsed("/a//b").segments, (Segments{"a", "", "b"}));
    EXPECT_EQ(parsed("//a").segments, (Segments{"", "a"}));
    EXPECT_EQ(parsed("//").segments, (Segments{"", ""}));
}

TEST(Target, DecodesASlashOnlyInsideItsSegment) {
    const Target target = parsed("/images/a%2Fb");
    EXPECT_EQ(target.segments, (Segments{"images", "a/b"}));
    EXPECT_EQ(target.path, "/images/a/b");
}

TEST(Target, DecodesOnce) {
    EXPECT_EQ(parsed("/%2525").segments, (Segments{"%25"}));
}

TEST(Target, LeavesDotsAndPlusesOfAPathAlone) {
    EXPECT_EQ(parsed("/a/../b/%2e%2e/c+d").segments, (Segments{"a", "..", "b", "..", "c+d"}));
}

TEST(Target, DecodesTheQuery) {
    const Target target = parsed("/x?ref=refs%2Fheads%2Fmain&words=a+b%2Bc&flag&empty=");
    EXPECT_EQ(
        target.query,
        (Query{{"ref", "refs/heads/main"}, {"words", "a b+c"}, {"flag", ""}, {"empty", ""}})
    );
}

TEST(Target, TakesTheLastOfARepeatedName) {
    EXPECT_EQ(parsed("/x?a=1&a=2").query, (Query{{"a", "2"}}));
}

TEST(Target, AcceptsTheAbsoluteForm) {
    const Target target = parsed("http://proxy.example:8080/a/b?c=d");
    EXPECT_EQ(target.path, "/a/b");
    EXPECT_EQ(target.segments, (Segments{"a", "b"}));
    EXPECT_EQ(target.query, (Query{{"c", "d"}}));
    EXPECT_EQ(parsed("https://proxy.example").path, "/");
    EXPECT_EQ(parsed("HTTP://proxy.example/").path, "/");
}

TEST(Target, RefusesWhatIsNoPathAndNoHttpAddress) {
    for (const std::string_view text :
         {"",
          "*",
          "a/b",
          "?a=1",
          "example.com:443",
          "ftp://example.com/a",
          "http:///a",
          "http://example.com:a%2Fb/c",  // found by fuzzing
          "http://user:secret@example.com/",
          "/a#fragment",
          "http://example.com/#fragment",
          "/a b",
          "/a\x01",
          "/\xc3\xa4",
          "/a|b"}) {
        const Result<Target> target = parse_target(text);
        ASSERT_FALSE(target.has_value()) << text;
        EXPECT_EQ(target.error().code, ErrorCode::invalid) << text;
    }
}

TEST(Target, RefusesAnEscapeThatIsNone) {
    for (const std::string_view text : {"/%", "/%2", "/%zz", "/a?b=%g0", "/a?%=b"}) {
        EXPECT_FALSE(parse_target(text).has_value()) << text;
    }
}

TEST(Target, RefusesNul) {
    for (const std::string_view text : {"/a%00b", "/a?b=%00", "/a?%00=b"}) {
        EXPECT_FALSE(parse_target(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace slipway::http
