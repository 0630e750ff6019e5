#include "tests/unit/core/dockerfile/read_parents.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::dockerfile {
namespace {

TEST(DockerfileArgs, DefaultsAreResolvedInOrder) {
    EXPECT_EQ(
        base("ARG V=3.10\nARG TAG=${V}-slim\nARG V=4", "python:$TAG"), "from python:3.10-slim\n"
    );
    EXPECT_EQ(base("ARG A=1 B=$A C=x", "a:$B$C"), "from a:1x\n");
}

TEST(DockerfileArgs, BuildArgsOverrideOnlyWhatIsDeclared) {
    EXPECT_EQ(base("ARG V=3.10", "python:$V", {{"V", "3.12"}}), "from python:3.12\n");
    EXPECT_EQ(base("ARG V", "python:$V", {{"V", "3.12"}}), "from python:3.12\n");
    EXPECT_EQ(base("", "python:3$V", {{"V", ".12"}}), "from python:3\n");
    EXPECT_EQ(base("ARG V=1", "a:$V", {{"V", "$W"}}).find("from"), std::string::npos)
        << "values are not expanded";
}

TEST(DockerfileArgs, OnesOfStagesNeverReachFrom) {
    EXPECT_EQ(read("FROM a\nARG V=1\nENV V=2\nFROM b:x$V\n"), "from a\nfrom b:x\n");
}

TEST(DockerfileArgs, ADeclarationWithoutDefaultKeepsTheValue) {
    EXPECT_EQ(base("ARG V=1\nARG V\nARG TARGETARCH", "a:$V-$TARGETARCH"), "from a:1-amd64\n");
}

TEST(DockerfileArgs, QuotesAreRemovedAndEscapesKeepADollar) {
    EXPECT_EQ(base("ARG A=\"x\"'y'", "a:$A"), "from a:xy\n");
    EXPECT_EQ(base("ARG A=1", "\"a:$A\""), "from a:1\n");
    EXPECT_EQ(base("ARG A='$B'", "a:1"), "from a:1\n");
    EXPECT_TRUE(base("ARG A=1", R"(a:\$A)").contains("'a:$A'"));
    EXPECT_TRUE(base("ARG A=1", "'a:$A'").contains("'a:$A'"));
}

TEST(DockerfileArgs, AnEmptyBaseNameIsAnError) {
    EXPECT_EQ(
        base("ARG A", "${A}"),
        "! 2:1 base name (${A}) should not be blank: give each ARG in it a default before the "
        "first FROM\n"
    );
}

TEST(DockerfileArgs, BlankNamesAndNoNamesAreErrors) {
    EXPECT_TRUE(reports("ARG =1\nFROM a\n", "! 1:1 ARG names can not be blank"));
    EXPECT_TRUE(reports("ARG\nFROM a\n", "! 1:1 ARG requires at least one argument"));
}

TEST(DockerfileArgs, TheEngineAndTargetArePredefined) {
    EXPECT_EQ(
        base("", "a:$BUILDOS-$BUILDARCH-$TARGETOS-$TARGETARCH$TARGETVARIANT"),
        "from a:linux-amd64-linux-amd64\n"
    );
    EXPECT_EQ(base("", "a:$TARGETARCH", {{"TARGETARCH", "arm64"}}), "from a:arm64\n");
    EXPECT_EQ(read("FROM a:$TARGETSTAGE AS x\nFROM b AS final\n"), "from a:final\nfrom b\n");
    EXPECT_EQ(base("", "a:$TARGETSTAGE"), "from a:default\n");
    EXPECT_EQ(base("", "a:1$HTTP_PROXY", {{"HTTP_PROXY", "x"}}), "from a:1\n");
}

TEST(DockerfileArgs, EverySubstitutionIsKnown) {
    struct Case {
        std::string_view written;
        std::string_view resolved;
    };

    constexpr Case cases[] = {
        {"${S:-d}", "abcabc"},
        {"${U:-d}", "d"},
        {"${E:-d}", "d"},
        {"${E-d}", ""},
        {"${U-d}", "d"},
        {"${S:+d}", "d"},
        {"${E:+d}", ""},
        {"${E+d}", "d"},
        {"${U+d}", ""},
        {"${S:?m}", "abcabc"},
        {"${E?m}", ""},
        {"${U:-${S}}", "abcabc"},
        {"${S#a}", "bcabc"},
        {"${S#*b}", "cabc"},
        {"${S##*b}", "c"},
        {"${S#x}", "abcabc"},
        {"${S%c}", "abcab"},
        {"${S%b*}", "abca"},
        {"${S%%b*}", "a"},
        {"${S%?}", "abcab"},
        {"${S/b/x}", "axcabc"},
        {"${S//b/x}", "axcaxc"},
        {"${S//b*b/x}", "axc"},
        {"${S/b/}", "acabc"},
        {"${S//?/x}", "xxxxxx"},
        {"${S///x}", "xaxbxcxaxbxcx"},
        {"${S//b/'$0$0'}", "abbcabbc"},
        {"${P#\\*}", "p"},
        {"${P/\\*/s}", "sp"},
        {"$U", ""},
        {"${U}", ""},
        {"\"${S}\"", "abcabc"},
        {"${U:-'$S'}", "$S"},
    };
    for (const auto& [written, resolved] : cases) {
        const auto text =
            "ARG S=abcabc\nARG E=\nARG P='*p'\nFROM x:y" + std::string(written) + "\n";
        const std::string expected =
            resolved == "$S" ? "'x:y$S'" : "from x:y" + std::string(resolved) + "\n";
        EXPECT_TRUE(read(text).contains(expected)) << written << " gives " << read(text);
    }
}

/// Found by fuzzing: its words may be made of what a few bytes grow to.
TEST(DockerfileArgs, AnErrorOfItsOwnWordsIsShort) {
    const std::string args = "ARG A=bbbbbbbb\nARG B=${A//b/" + std::string(200, 'y') + "}";
    const std::string error = base(args, "a:${U:?why-$B}");
    EXPECT_TRUE(error.contains("U: why-y"));
    EXPECT_TRUE(error.contains("y…"));
    EXPECT_LT(error.size(), 400);
}

TEST(DockerfileArgs, BadSubstitutionsAreErrorsInWords) {
    EXPECT_TRUE(base("", "a:${U:?say-it}").contains("U: say-it"));
    EXPECT_TRUE(base("", "a:${U?}").contains("U: is not allowed to be unset"));
    EXPECT_TRUE(base("ARG E=", "a:${E:?}").contains("E: is not allowed to be empty"));
    EXPECT_TRUE(base("", "a:${U").contains("unsupported modifier"));
    EXPECT_TRUE(base("", "a:${U:-x").contains("unexpected end of statement"));
    EXPECT_TRUE(base("", "a:${}").contains("bad substitution"));
    EXPECT_TRUE(base("", "a:${U^}").contains("unsupported modifier (^)"));
    EXPECT_TRUE(base("", "a:${U:#x}").contains("unsupported modifier (:#)"));
    EXPECT_TRUE(base("", R"(a:${U#\a})").contains("invalid escape"));
    EXPECT_TRUE(base("", "a:'x").contains("matching single-quote"));
    EXPECT_TRUE(base("", "a:\"x").contains("matching double-quote"));
}

TEST(DockerfileArgs, ABadDefaultIsReportedAtItsLine) {
    EXPECT_TRUE(base("ARG A=${B:?no}", "a").starts_with("from a\n! 1:1 B: no"));
}

TEST(DockerfileArgs, DoublingAndDeepNestingEndInAnErrorSoon) {
    std::string doubling = "ARG A=aaaaaaaaaaaaaaaa\n";
    for (int i = 0; i < 60; ++i) {
        doubling += "ARG A=$A$A\n";
    }
    EXPECT_TRUE(reports(doubling + "FROM a\n", "expand to more than this reads"));
    std::string nested = "FROM a:";
    for (int i = 0; i < 10'000; ++i) {
        nested += "${A:-";
    }
    EXPECT_TRUE(reports(nested, "nested too deep"));
    const std::string stars = "ARG A=" + std::string(20'000, 'a') + "\nFROM a:${A//*a*a*a*a*b/x}\n";
    EXPECT_TRUE(reports(stars, "expand to more than this reads"));
}

}  // namespace
}  // namespace slipway::dockerfile
