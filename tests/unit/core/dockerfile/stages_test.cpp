#include "tests/unit/core/dockerfile/read_parents.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::dockerfile {
namespace {

TEST(DockerfileFrom, TakesOneOrThreeWords) {
    for (const std::string_view from :
         {"FROM", "FROM a b", "FROM a IS b", "FROM a AS", "FROM a AS b c"}) {
        EXPECT_TRUE(reports(from, "FROM requires either one or three arguments")) << from;
    }
}

TEST(DockerfileFrom, StageNamesStartWithALetterAndHaveNoSymbols) {
    for (const std::string_view name : {"1a", "-a", "a$b", "a/b", "ä"}) {
        EXPECT_TRUE(reports("FROM a AS " + std::string(name), "invalid name for build stage"))
            << name;
    }
    EXPECT_EQ(read("FROM a AS b-c_d.1\n"), "from a\n");
}

TEST(DockerfileFrom, AStageIsNoParent) {
    EXPECT_EQ(read("FROM a AS build\nFROM build\n"), "from a\n");
}

TEST(DockerfileFrom, StageNamesAreLowerCaseAndLookedUpAsWritten) {
    EXPECT_EQ(read("FROM a AS Build\nFROM build\nCOPY --from=BUILD b c\n"), "from a\n");
    EXPECT_TRUE(reports(
        "FROM a AS Build\nFROM Build\n", "! 2:1 image reference 'Build': invalid reference format"
    ));
}

TEST(DockerfileFrom, ANameOfALaterStageIsAnImage) {
    EXPECT_EQ(read("FROM later\nFROM a AS later\n"), "from later\nfrom a\n");
    EXPECT_EQ(read("FROM build AS build\n"), "from build\n");
}

TEST(DockerfileFrom, ANumberIsAnImage) {
    EXPECT_EQ(read("FROM a\nFROM 0\n"), "from a\nfrom 0\n");
}

TEST(DockerfileFrom, ScratchIsNoParent) {
    EXPECT_EQ(read("FROM scratch\n"), "");
    EXPECT_EQ(read("FROM scratch:latest\n"), "from scratch:latest\n");
    EXPECT_TRUE(reports("FROM Scratch\n", "must be lowercase"));
}

TEST(DockerfileFrom, AReferenceThatNoRegistryTakesIsAnError) {
    EXPECT_EQ(
        read("FROM a:b:c\nFROM d\n"),
        "from d\n! 1:1 image reference 'a:b:c': invalid reference format\n"
    );
}

TEST(DockerfileFrom, ABrokenOneStillNamesItsStage) {
    const auto text =
        read("FROM $NONE AS build\nFROM a\nCOPY --from=build b c\nCOPY --from=0 b c\n");
    EXPECT_TRUE(text.starts_with("from a\n! 1:1 base name ($NONE) should not be blank")) << text;
    EXPECT_EQ(text.find("! 3"), std::string::npos) << text;
}

TEST(DockerfileFrom, ALongOneThatIsBlankIsQuotedInPart) {
    EXPECT_EQ(
        read("FROM $" + std::string(300, 'N') + "\nFROM a\n"),
        "from a\n! 1:1 base name ($" + std::string(199, 'N') +
            "…) should not be blank: give each ARG in it a default before the first FROM\n"
    );
}

TEST(DockerfileFrom, UnknownAndDoubledFlagsAreErrors) {
    EXPECT_TRUE(reports("FROM --bogus=1 a\n", "unknown flag: \"--bogus\""));
    EXPECT_TRUE(reports(
        "FROM --platform=linux --platform=linux a\n", "duplicate flag specified: --platform"
    ));
    EXPECT_TRUE(reports("FROM --platform a\n", "missing a value on flag: --platform"));
}

TEST(DockerfileFrom, PlatformIsResolved) {
    EXPECT_EQ(read("FROM --platform=$BUILDPLATFORM a\n"), "from a linux/amd64\n");
    EXPECT_EQ(read("FROM --platform='linux/arm64' a\n"), "from a linux/arm64\n");
    EXPECT_EQ(read("FROM --platform= a\n"), "from a\n");
}

TEST(DockerfileFrom, PlatformIsWhatContainerdTakes) {
    for (const std::string_view good :
         {"linux", "ARM64", "x86_64", "linux/arm/v7", "a/b", "windows(10.0.17763)/amd64", "macos"
         }) {
        EXPECT_FALSE(reports("FROM --platform=" + std::string(good) + " a\n", "!")) << good;
    }
    for (const std::string_view bad :
         {"bogus", "a/b/c/d", "linux/", "/amd64", "*", "o.s/x", "os(%zz)/x", "os(a++b)/x", "os(a/x"
         }) {
        EXPECT_TRUE(
            reports("FROM --platform=" + std::string(bad) + " a\n", "failed to parse platform")
        ) << bad;
    }
    EXPECT_TRUE(reports("FROM --platform=$NONE a\n", "empty platform value from expression"));
}

}  // namespace
}  // namespace slipway::dockerfile
