#include "core/dockerfile/dockerfile.hpp"
#include "tests/unit/core/dockerfile/read_parents.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::dockerfile {
namespace {

TEST(DockerfileCopy, FromNamesAStageAnIndexOrAnImage) {
    EXPECT_EQ(
        read("FROM a AS x\nFROM b\nCOPY --from=X c d\nCOPY --from=00 c d\nCOPY --from=c:1 d e\n"),
        "from a\nfrom b\ncopy c:1\n"
    );
    EXPECT_EQ(read("FROM a\nCOPY --from= c d\nCOPY --from=scratch c d\n"), "from a\n");
    EXPECT_EQ(
        read("FROM a\nCOPY --from=99999999999999999999 c d\n"),
        "from a\ncopy 99999999999999999999\n"
    );
}

TEST(DockerfileCopy, AnIndexIsOneOfTheStages) {
    EXPECT_TRUE(reports("FROM a\nCOPY --from=1 b c\n", "! 2:1 invalid stage index 1"));
    EXPECT_TRUE(reports("FROM a\nCOPY --from=-1 b c\n", "! 2:1 invalid stage index -1"));
}

TEST(DockerfileCopy, BuildKitNumbersImagesAfterTheStages) {
    EXPECT_EQ(read("FROM a\nCOPY --from=x b c\nCOPY --from=1 b c\n"), "from a\ncopy x\n");
}

TEST(DockerfileCopy, ItsStageComesBefore) {
    for (const std::string_view from : {"x", "y", "0", "1"}) {
        EXPECT_TRUE(reports(
            "FROM a AS x\nCOPY --from=" + std::string(from) + " b c\nFROM b AS y\n",
            "it needs to be defined before current stage"
        )) << from;
    }
}

TEST(DockerfileCopy, TheLastStageOfANameCounts) {
    EXPECT_TRUE(reports(
        "FROM a AS x\nFROM b\nCOPY --from=x c d\nFROM c AS x\n",
        "! 3:1 cannot read from stage \"x\""
    ));
    EXPECT_EQ(read("FROM a AS x\nFROM b AS x\nFROM x\nCOPY --from=x c d\n"), "from a\nfrom b\n");
}

TEST(DockerfileCopy, VariablesAreNotExpanded) {
    EXPECT_TRUE(reports(
        "ARG A=x\nFROM a\nCOPY --from=$A b c\n",
        "! 3:1 variable expansion is not supported for --from"
    ));
}

TEST(DockerfileCopy, FlagsMayBeQuotedEscapedOrEnded) {
    EXPECT_EQ(read("FROM a\nCOPY \"--from=x\" b c\n"), "from a\n");
    EXPECT_EQ(
        read("FROM a\nCOPY --from='x' b c\nCOPY --fr\\om=y b c\nCOPY -- --from=z c\n"),
        "from a\ncopy x\ncopy y\n"
    );
    EXPECT_EQ(
        read("FROM a\nCOPY --link --chown=1:1 --exclude=b --exclude=c --from=x [\"d\", \"e\"]\n"),
        "from a\ncopy x\n"
    );
}

TEST(DockerfileCopy, ItsFormIsChecked) {
    EXPECT_TRUE(reports("FROM a\nCOPY --from=x b\n", "COPY requires at least two arguments"));
    EXPECT_TRUE(reports("FROM a\nCOPY --from=x [\"b\"]\n", "COPY requires at least two arguments"));
    EXPECT_TRUE(reports("FROM a\nCOPY --form=x b c\n", "unknown flag: \"--form\""));
    EXPECT_TRUE(reports("FROM a\nCOPY --from=x --from=y b c\n", "duplicate flag specified: --from")
    );
    EXPECT_TRUE(
        reports("FROM a\nCOPY --link=perhaps b c\n", "expecting boolean value for flag --link")
    );
    EXPECT_TRUE(reports("FROM a\nCOPY [1, 2]\n", "arrays must be comprised of strings only"));
    EXPECT_TRUE(reports("FROM a\nCOPY --from=B c d\n", "must be lowercase"));
}

TEST(DockerfileMount, OfAnyTypeHasAParent) {
    EXPECT_EQ(
        read("FROM a\nRUN --mount=from=x,target=/x --mount=type=cache,from=y,target=/y "
             "--mount=TYPE=bind,FROM=z make\n"),
        "from a\nmount x\nmount y\nmount z\n"
    );
    EXPECT_EQ(
        read("FROM a\nRUN --mount=type=cache,target=/x --mount=from=,target=/y "
             "--mount=from=scratch make\n"),
        "from a\n"
    );
}

TEST(DockerfileMount, FromNamesAStageOrAnImageAndANumberIsAnImage) {
    EXPECT_EQ(
        read("FROM a AS x\nFROM b\nRUN --mount=from=X,target=/x y\nRUN --mount=from=0 y\n"),
        "from a\nfrom b\nmount 0\n"
    );
    EXPECT_TRUE(reports(
        "FROM a AS x\nRUN --mount=from=x y\n", "it needs to be defined before current stage"
    ));
}

TEST(DockerfileMount, FieldsAreCsv) {
    EXPECT_EQ(
        read("FROM a\nRUN --mount='type=bind,\"from=x\",target=/y' z\n"), "from a\nmount x\n"
    );
    EXPECT_EQ(read("FROM a\nRUN --mount=from=x,from=y z\n"), "from a\nmount y\n");
    EXPECT_TRUE(reports("FROM a\nRUN --mount='from=x,t=\"' y\n", "failed to parse csv mounts"));
    EXPECT_TRUE(reports("FROM a\nRUN --mount='\"from=x\"y' z\n", "failed to parse csv mounts"));
    EXPECT_TRUE(reports("FROM a\nRUN --mount= y\n", "failed to parse csv mounts"));
}

TEST(DockerfileMount, VariablesAreNotExpanded) {
    EXPECT_TRUE(reports(
        "FROM a\nRUN --mount=from=$X,target=$Y z\n", "'from' doesn't support variable expansion"
    ));
    EXPECT_EQ(read("FROM a\nRUN --mount=from=x,target=$Y z\n"), "from a\nmount x\n");
}

TEST(DockerfileMount, OtherFlagsOfRunAreChecked) {
    EXPECT_EQ(
        read("FROM a\nRUN --network=none --security=insecure --device=x --mount=from=b c\n"),
        "from a\nmount b\n"
    );
    EXPECT_TRUE(reports("FROM a\nRUN --mounts=from=x y\n", "unknown flag: \"--mounts\""));
    EXPECT_TRUE(reports("FROM a\nRUN --network=x y\n", "invalid network mode"));
    EXPECT_TRUE(reports("FROM a\nRUN --security=x y\n", "security \"x\" is not valid"));
}

TEST(DockerfileOnbuild, IsAnInstructionOfOtherImages) {
    EXPECT_EQ(
        read("FROM a\nONBUILD COPY --from=x b c\nONBUILD RUN --mount=from=y z\n"), "from a\n"
    );
    EXPECT_EQ(read("FROM a\nONBUILD RUN <<E\nFROM hidden\nE\nFROM b\n"), "from a\nfrom b\n");
}

TEST(DockerfileOnbuild, CountsInAStageThatStartsFromIts) {
    EXPECT_EQ(
        read("FROM a AS x\nONBUILD COPY --from=p b c\nONBUILD RUN --mount=from=q y <<E\nE\nFROM x "
             "AS y\nFROM y\n"),
        "from a\ncopy p\nmount q\n"
    );
    const auto parsed =
        parse_dockerfile("FROM a AS x\nONBUILD COPY --from=p b c\nFROM x\n", "Dockerfile");
    ASSERT_EQ(parsed.parents.size(), 2U);
    EXPECT_EQ(parsed.parents[1].line, 3);
}

TEST(DockerfileOnbuild, ItsMistakesShowWhereItCounts) {
    EXPECT_EQ(read("FROM a AS x\nONBUILD BOGUS\n"), "from a\n");
    EXPECT_TRUE(reports(
        "FROM a AS x\nONBUILD BOGUS\nFROM x\n", "! 3:1 ONBUILD of its base: unknown instruction"
    ));
    EXPECT_TRUE(reports("FROM a AS x\nONBUILD # b\nFROM x\n", "it should be a single instruction"));
}

TEST(DockerfileOnbuild, AtMostAMebibyteRuns) {
    std::string text = "FROM a AS x\n";
    for (int i = 0; i < 10'000; ++i) {
        text += "ONBUILD RUN y\n";
    }
    for (int i = 0; i < 20'000; ++i) {
        text += "FROM x\n";
    }
    EXPECT_TRUE(reports(text, "are more than 1 MiB"));
}

TEST(DockerfileOnbuild, SomeInstructionsAreNoTriggers) {
    EXPECT_TRUE(reports("FROM a\nONBUILD\n", "ONBUILD requires at least one argument"));
    EXPECT_TRUE(reports("FROM a\nONBUILD ONBUILD RUN x\n", "Chaining ONBUILD"));
    EXPECT_TRUE(reports("FROM a\nONBUILD FROM b\n", "isn't allowed as an ONBUILD trigger"));
    EXPECT_TRUE(reports("FROM a\nONBUILD --x RUN b\n", "unknown flag"));
}

}  // namespace
}  // namespace slipway::dockerfile
