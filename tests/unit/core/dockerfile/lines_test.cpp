#include "tests/unit/core/dockerfile/read_parents.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::dockerfile {
namespace {

TEST(DockerfileLines, AByteOrderMarkIsStripped) {
    EXPECT_EQ(
        read("\xEF\xBB\xBF"
             "FROM a\n"),
        "from a\n"
    );
}

TEST(DockerfileLines, WindowsLineEndsAreTaken) {
    EXPECT_EQ(read("FROM a\r\nCOPY --from=b \\\r\n c d\r\n"), "from a\ncopy b\n");
}

TEST(DockerfileLines, TheLastOneNeedsNoEnd) {
    EXPECT_EQ(read("FROM a"), "from a\n");
}

TEST(DockerfileLines, WhiteSpaceBeforeAnInstructionMayBeANoBreakSpace) {
    EXPECT_EQ(read("\u00a0\tFROM a\n"), "from a\n");
}

TEST(DockerfileLines, CommentsAreOnlyAtTheStartOfALine) {
    EXPECT_EQ(read("# FROM x\n  # FROM y\nFROM a\n"), "from a\n");
    EXPECT_TRUE(reports("FROM a # x\n", "FROM requires either one or three arguments"));
}

TEST(DockerfileLines, AContinuationSkipsCommentsAndEmptyLines) {
    EXPECT_EQ(read("FROM \\\n# comment\n\n   \n  a \\\n  AS b\nFROM b\n"), "from a\n");
}

TEST(DockerfileLines, SpacesMayFollowTheContinuation) {
    EXPECT_EQ(read("FROM \\ \t\n a\n"), "from a\n");
}

TEST(DockerfileLines, ADoubledBackslashContinuesNothing) {
    EXPECT_EQ(read("FROM a\nRUN x \\\\\nCOPY --from=b c d\n"), "from a\ncopy b\n");
}

TEST(DockerfileLines, AContinuationMayEndTheFile) {
    EXPECT_EQ(read("FROM a \\"), "from a\n");
}

TEST(DockerfileLines, AContinuationHidesAnInstruction) {
    EXPECT_EQ(read("FROM a\nRUN echo \\\nFROM b\n"), "from a\n");
}

TEST(DockerfileLines, OneIsAtMost65535BytesLong) {
    EXPECT_EQ(read("FROM a\nRUN " + std::string(65531, 'x') + "\nFROM b\n"), "from a\nfrom b\n");
    EXPECT_EQ(
        read("FROM a\nRUN " + std::string(65532, 'x') + "\nFROM b\n"),
        "from a\n! 2:1 dockerfile line greater than max allowed size of 65535\n"
    );
}

TEST(DockerfileLines, AFileOfMoreThanAMebibyteIsNotRead) {
    EXPECT_TRUE(reports("FROM a\n" + std::string(1U << 20U, '\n'), "larger than 1 MiB"));
}

TEST(DockerfileDirectives, EscapeChangesContinuationAndQuoting) {
    EXPECT_EQ(read("# escape=`\nFROM `\n a`\n:1\n"), "from a:1\n");
    EXPECT_EQ(
        read("#Escape = ` \nARG A=\"x`\"y\"\nFROM a\nRUN c:\\\nCOPY --from=b c d\n"),
        "from a\ncopy b\n"
    );
}

TEST(DockerfileDirectives, OnesAfterACommentOrEmptyLineAreComments) {
    EXPECT_EQ(read("# hello\n# escape=`\nFROM \\\n a\n"), "from a\n");
    EXPECT_EQ(read("\n# escape=`\nFROM \\\n a\n"), "from a\n");
    EXPECT_EQ(read("#!/bin/x\n# escape=`\nFROM \\\n a\n"), "from a\n");
}

TEST(DockerfileDirectives, OthersMayStandBeforeEscape) {
    EXPECT_EQ(
        read("# syntax=docker/dockerfile:1\n# check=skip=all\n# escape=`\nFROM `\n a\n"), "from a\n"
    );
}

TEST(DockerfileDirectives, EachOccursOnce) {
    EXPECT_TRUE(reports(
        "# escape=`\n# escape=`\nFROM a\n", "! 2:1 only one escape parser directive can be used"
    ));
}

TEST(DockerfileDirectives, EscapeIsABackslashOrABacktick) {
    EXPECT_TRUE(reports("# escape=x\nFROM a\n", "! 1:1 invalid escape token \"x\""));
    EXPECT_TRUE(reports("# escape= \nFROM a\n", "invalid escape token"));
    EXPECT_EQ(read("# escape=\nFROM a\n"), "from a\n") << "without a value it is a comment";
}

TEST(DockerfileHeredocs, TheirLinesAreNoInstructions) {
    EXPECT_EQ(
        read("FROM a\nRUN <<EOF\nFROM hidden\n# c \\\nEOF\nCOPY --from=b c d\n"), "from a\ncopy b\n"
    );
    EXPECT_EQ(
        read("FROM a\nCOPY <<EOF /x\nFROM hidden\nEOF\nADD <<E /y\nFROM hidden\nE\n"), "from a\n"
    );
}

TEST(DockerfileHeredocs, SeveralFollowEachOther) {
    EXPECT_EQ(read("FROM a\nRUN <<X cat 3<<Y\nFROM h\nX\nFROM i\nY\nFROM b\n"), "from a\nfrom b\n");
}

TEST(DockerfileHeredocs, NamesMayBeQuotedOrApart) {
    for (const std::string_view open : {"<<'E F'", "<<\"E F\"", "<<E\\ F"}) {
        EXPECT_EQ(read("FROM a\nRUN cat " + std::string(open) + "\nFROM h\nE F\n"), "from a\n")
            << open;
    }
    EXPECT_EQ(read("FROM a\nRUN cat << E\nFROM h\nE\n"), "from a\n");
}

TEST(DockerfileHeredocs, OnlyADashLetsTabsPrecedeTheEnd) {
    EXPECT_EQ(read("FROM a\nRUN <<-E\nFROM h\n\tE\nFROM b\n"), "from a\nfrom b\n");
    EXPECT_EQ(read("FROM a\nRUN <<E\n\tE\nE\nFROM b\n"), "from a\nfrom b\n");
}

TEST(DockerfileHeredocs, QuotedOnesHereStringsAndJsonAreNone) {
    for (const std::string_view run :
         {"echo \"<<E\"", "cat <<<E", "[\"cat\", \"<<E\"]", "x<<E", "echo 'open <<E"}) {
        EXPECT_EQ(read("FROM a\nRUN " + std::string(run) + "\nFROM b\n"), "from a\nfrom b\n")
            << run;
    }
}

TEST(DockerfileHeredocs, OtherInstructionsHaveNone) {
    EXPECT_EQ(read("FROM a\nUSER <<E\nFROM b\n"), "from a\nfrom b\n");
}

TEST(DockerfileHeredocs, OneThatDoesNotEndIsReported) {
    EXPECT_EQ(
        read("FROM a\nRUN <<E\nFROM b\n"),
        "from a\n! 2:1 unterminated heredoc: no line \"E\" follows\n"
    );
}

TEST(DockerfileHeredocs, ACopyDoesNotWriteToOne) {
    EXPECT_TRUE(reports("FROM a\nCOPY b <<E\nE\n", "COPY cannot accept a heredoc as a destination")
    );
}

}  // namespace
}  // namespace slipway::dockerfile
