#include "core/dockerfile/dockerfile.hpp"

#include "tests/unit/core/dockerfile/read_parents.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace slipway::dockerfile {
namespace {

TEST(Dockerfile, EveryImageItReadsFromIsAParent) {
    EXPECT_EQ(
        read("FROM golang:1.22 AS build\n"
             "RUN --mount=type=bind,from=tools:1,target=/t make\n"
             "FROM --platform=linux/arm64 alpine\n"
             "COPY --from=build /a /a\n"
             "COPY --from=busybox:1 /b /b\n"),
        "from golang:1.22\nmount tools:1\nfrom alpine linux/arm64\ncopy busybox:1\n"
    );
}

TEST(Dockerfile, AParentHasItsPlace) {
    const auto parsed =
        parse_dockerfile("\n# c\n  FROM \\\n a\nCOPY --from=b c d\n", "x/Dockerfile");
    ASSERT_EQ(parsed.parents.size(), 2U);
    EXPECT_EQ(parsed.parents[0].line, 3);
    EXPECT_EQ(parsed.parents[0].column, 3);
    EXPECT_EQ(parsed.parents[1].line, 5);
    EXPECT_EQ(parsed.parents[1].column, 1);
}

TEST(Dockerfile, AnErrorHasItsPathAndPlaceAndTheRestGoesOn) {
    const auto parsed =
        parse_dockerfile("FROM a\n  COPY --from=$X b c\nCOPY --from=d e f\n", "x/Dockerfile");
    ASSERT_EQ(parsed.errors.size(), 1U);
    EXPECT_EQ(parsed.errors[0].path, "x/Dockerfile");
    EXPECT_EQ(parsed.errors[0].line, 2);
    EXPECT_EQ(parsed.errors[0].column, 3);
    ASSERT_EQ(parsed.parents.size(), 2U);
    EXPECT_EQ(parsed.parents[1].reference, "d");
}

TEST(Dockerfile, ErrorsComeInTheOrderOfTheFile) {
    const auto parsed = parse_dockerfile("FROM a\nCOPY --from=$X b c\nFORM b\n", "Dockerfile");
    ASSERT_EQ(parsed.errors.size(), 2U);
    EXPECT_EQ(parsed.errors[0].line, 2);
    EXPECT_EQ(parsed.errors[1].line, 3);
}

TEST(Dockerfile, KeywordsAreOfEitherCase) {
    EXPECT_EQ(read("from a as B\ncopy --from=c d e\nFrom b"), "from a\ncopy c\n");
}

TEST(Dockerfile, AnUnknownInstructionIsReportedWithTheNearestOne) {
    EXPECT_EQ(
        read("FROM a\nFORM b\n"),
        "from a\n! 2:1 unknown instruction: \"FORM\", did you mean from?\n"
    );
}

TEST(Dockerfile, OnlyArgMayPrecedeTheFirstFrom) {
    EXPECT_TRUE(reports("RUN x\nFROM a\n", "! 1:1 no build stage in current context"));
    EXPECT_EQ(read("ARG X\nFROM a\n"), "from a\n");
}

TEST(Dockerfile, AFileWithoutFromIsAnError) {
    for (const std::string_view text : {"", "\n\n", "# only a comment\n", "ARG A=1\n"}) {
        EXPECT_EQ(read(text), "! 1:1 the Dockerfile contains no stages to build: it needs a FROM\n")
            << text;
    }
}

}  // namespace
}  // namespace slipway::dockerfile
