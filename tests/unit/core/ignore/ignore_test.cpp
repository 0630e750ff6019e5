#include "core/ignore/ignore.hpp"

#include "core/base/source_error.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::ignore {
namespace {

/// What moby decides about one path.
struct Decision {
    std::string text;  // of the .dockerignore
    std::string path;
    bool is_ignored = false;

    friend std::ostream& operator<<(std::ostream& out, const Decision& decision) {
        return out << '"' << decision.text << "\" about '" << decision.path << "'";
    }
};

class IgnoreDecision : public testing::TestWithParam<Decision> {};

TEST_P(IgnoreDecision, IsThatOfMoby) {
    const auto parsed = parse_ignore(GetParam().text, ".dockerignore");
    ASSERT_TRUE(parsed.errors.empty()) << to_string(parsed.errors.front());
    EXPECT_EQ(parsed.patterns.matches(GetParam().path), GetParam().is_ignored);
}

INSTANTIATE_TEST_SUITE_P(
    File,
    IgnoreDecision,
    testing::Values(
        Decision{"", "a", false},
        Decision{"\n\n \t\n", "a", false},
        Decision{
            "\xef\xbb\xbf"
            "a",
            "a",
            true
        },
        Decision{
            "a\n\xef\xbb\xbf"
            "b",
            "b",
            false
        },
        Decision{"#a", "#a", false},
        Decision{" #a", "#a", true},
        Decision{"a # b", "a", false},
        Decision{"  a \t\r\n", "a", true},
        Decision{
            "\xc2\xa0"
            "a\xe3\x80\x80",
            "a",
            true
        },
        Decision{"/a", "a", true},
        Decision{"//a", "a", true},
        Decision{"./a/../b//c/", "b/c", true},
        Decision{"../a", "a", false},
        Decision{"/", "a", false},
        Decision{".", "a", false},
        Decision{"..", "a", false}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Order,
    IgnoreDecision,
    testing::Values(
        Decision{"docs\n!docs/README.md", "docs/README.md", false},
        Decision{"docs\n!docs/README.md", "docs/x", true},
        Decision{"!docs/README.md\ndocs", "docs/README.md", true},
        Decision{"*\n!a\na/b", "a/b/c", true},
        Decision{"*\n!a\na/b", "a/c", false},
        Decision{"a\n! /a", "a", false},
        Decision{"!a", "a", false}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Syntax,
    IgnoreDecision,
    testing::Values(
        Decision{"a", "a", true},
        Decision{"a", "a/b/c", true},
        Decision{"a", "ab", false},
        Decision{"a", "b/a", false},
        Decision{"A", "a", false},
        Decision{"a/b", "a/b/c", true},
        Decision{"*", "a/b", true},
        Decision{"*.md", "x.md", true},
        Decision{"*.md", "d/x.md", false},
        Decision{"*.md", ".md", true},
        Decision{"a?c", "abc", true},
        Decision{"a?c", "a/c", false},
        Decision{
            "a?c",
            "a\xe6\x97\xa5"
            "c",
            true
        },
        Decision{
            "a?c",
            "a\xff"
            "c",
            true
        },
        Decision{
            "a?c",
            "a\xff\xff"
            "c",
            false
        },
        Decision{"**", "a/b", true},
        Decision{"**/a", "a", true},
        Decision{"**/a", "x/y/a/z", true},
        Decision{"**/a", "xa", false},
        Decision{"**.go", "x/y/a.go", true},
        Decision{"**x/y", "zx/y", true},
        Decision{"abc/**", "abc", false},
        Decision{"abc/**", "abc/x/y", true},
        Decision{"abc**", "abcd", true},
        Decision{"a**b", "ab", true},
        Decision{"a**b", "a/x/b", true},
        Decision{"a**b", "axb", false},
        Decision{"a/**/b", "a/b", true},
        Decision{"a/**/b", "a/x/y/b/c", true},
        Decision{"a/*/b", "a/x/b", true},
        Decision{"a/*/b", "a/b", false},
        Decision{"[a-c]", "b", true},
        Decision{"[a-c]", "d", false},
        Decision{"[^a]", "b", true},
        Decision{"[^a]", "a", false},
        Decision{"[!a]", "!", true},
        Decision{"[!a]", "b", false},
        Decision{"[\xc3\xa9-\xe6\x97\xa5]", "\xe6\x97\xa0", true},
        Decision{"\\*", "*", true},
        Decision{"\\*", "a", false},
        Decision{"a\\.b", "a.b", true},
        Decision{"\\#a", "#a", true},
        Decision{"*.c++", "x.c++", true},
        Decision{"*(1)$", "a(1)$", true},
        Decision{"a.b*", "axb", false},
        Decision{"{a,b}", "a", false}
    )
);

// moby compiles to a regular expression and does not escape all that has a meaning there.
INSTANTIATE_TEST_SUITE_P(
    Expression,
    IgnoreDecision,
    testing::Values(
        Decision{"a|b", "a|b", true},
        Decision{"a|b*", "a|b", true},
        Decision{"a|b*", "abc", true},
        Decision{"a|b*", "xb", true},
        Decision{"x{2}*", "xxy", true},
        Decision{"x{2}*", "x{2}y", false},
        Decision{"x{1,2}[y]", "xxy", true},
        Decision{"x{1,2}[y]", "xxxy", false},
        Decision{"x{2,}[y]", "xxxy", true},
        Decision{"x{,2}*", "x{,2}", true},
        Decision{"x{01}*", "x{01}", true},
        Decision{"{0}*b", "ab", true},
        Decision{"*^a", "xa", false},
        Decision{"*^a", "a", true},
        Decision{"\\d*", "7a", true},
        Decision{"\\D", "7", false},
        Decision{"[\\w]", "_", true},
        Decision{"[\\W]", "a", false},
        Decision{"a\\b*", "a.b", true},
        Decision{"a\\B*", "ab", true},
        Decision{"a\\B*", "a.b", false},
        Decision{"\\Aa\\z", "a/b", true},
        Decision{"a\\z**", "a/b", true},
        Decision{"a\\z/b", "a/b", false},
        Decision{"\\x61", "a", true},
        Decision{"\\x{61}", "a", true},
        Decision{"\\141", "a", true},
        Decision{"\\.x", ".x", true},
        Decision{"[[:alpha:]]", "a", true},
        Decision{"[[:^alpha:]]", "a", false},
        Decision{"[[:punct:]]", "~", true},
        Decision{"[a\\]b]", "]", true},
        Decision{"[.]", ".", true},
        Decision{"[.]", "a", false},
        Decision{"[*]x", "^]x", true},
        Decision{"[*]x", "*x", false},
        Decision{"x]*", "x]y", true},
        Decision{"*", "a\nb", true},
        Decision{"a/**/b/**/*", "a/b/\n", true},
        Decision{"a/**/b[c]", "a/\n/bc", false}
    )
);

struct BadPattern {
    std::string text;
    int line = 1;
    int column = 1;

    friend std::ostream& operator<<(std::ostream& out, const BadPattern& bad) {
        return out << '"' << bad.text << '"';
    }
};

class IgnoreError : public testing::TestWithParam<BadPattern> {};

TEST_P(IgnoreError, NamesThePlaceAndLeavesNoPatterns) {
    const auto parsed = parse_ignore(GetParam().text, "web/.dockerignore");
    ASSERT_EQ(parsed.errors.size(), 1U);
    const SourceError& error = parsed.errors.front();
    EXPECT_EQ(error.path, "web/.dockerignore");
    EXPECT_EQ(error.line, GetParam().line) << error.message;
    EXPECT_EQ(error.column, GetParam().column) << error.message;
    EXPECT_FALSE(error.message.empty());
    EXPECT_TRUE(parsed.patterns.empty());
    EXPECT_FALSE(parsed.patterns.matches("ok"));
}

INSTANTIATE_TEST_SUITE_P(
    Rules,
    IgnoreError,
    testing::Values(
        BadPattern{"ok\n  [", 2, 3},
        BadPattern{"!", 1, 1},
        BadPattern{"! ", 1, 1},
        BadPattern{"!/..", 1, 1},
        BadPattern{"a\\", 1, 1},
        BadPattern{"[]a]", 1, 1},
        BadPattern{"[-]", 1, 1},
        BadPattern{"[a-]", 1, 1},
        BadPattern{"[\xff]", 1, 1},
        BadPattern{"ok\n\n\n!a*[", 4, 1},
        BadPattern{"[c-a]", 1, 1},
        BadPattern{"[Local-Only]/", 1, 1},
        BadPattern{"x{2,1}*", 1, 1},
        BadPattern{"x{1001}*", 1, 1},
        BadPattern{"*{2}", 1, 1},
        BadPattern{"a|{2}*", 1, 1},
        BadPattern{"\\a\\q", 1, 1},
        BadPattern{"\\1", 1, 1},
        BadPattern{"\\x{110000}", 1, 1},
        BadPattern{"\\pL", 1, 1},
        BadPattern{"[\\PL]", 1, 1},
        BadPattern{"\\Qa", 1, 1},
        BadPattern{"[[:x:]]", 1, 1},
        BadPattern{"ok\n" + std::string(65'536, 'a'), 2, 1},
        BadPattern{std::string(20'000, 'a') + "*", 1, 1},
        BadPattern{std::string(1'048'577, '\n'), 1, 1}
    )
);

TEST(Ignore, LongestLineOfGoIsRead) {
    EXPECT_TRUE(parse_ignore(std::string(65'535, 'a') + "\nb", "x").patterns.matches("b"));
}

TEST(Ignore, AllErrorsOfAFileAreFound) {
    const auto parsed = parse_ignore("[\nok\n\\", "x");
    ASSERT_EQ(parsed.errors.size(), 2U);
    EXPECT_EQ(parsed.errors[0].line, 1);
    EXPECT_EQ(parsed.errors[1].line, 3);
}

TEST(Ignore, HugePatternIsNotRepeatedInItsError) {
    const auto parsed = parse_ignore("[" + std::string(10'000, 'a'), "x");
    ASSERT_EQ(parsed.errors.size(), 1U);
    EXPECT_LT(parsed.errors[0].message.size(), 300U);
}

TEST(Ignore, ManyLargePatternsAreRefused) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
        text += "a{1000}*\n";
    }
    EXPECT_FALSE(parse_ignore(text, "x").errors.empty());
}

TEST(Ignore, CompileTakesEachPatternAsALineOfItsOwn) {
    const auto parsed = compile({"shared/**", " ", "#a", "!shared/x"}, "m");
    EXPECT_TRUE(parsed.errors.empty());
    EXPECT_TRUE(parsed.patterns.matches("shared/y"));
    EXPECT_FALSE(parsed.patterns.matches("shared/x"));
    EXPECT_TRUE(parsed.patterns.matches("#a"));
    const auto bad = compile({"a", "["}, "m");
    ASSERT_EQ(bad.errors.size(), 1U);
    EXPECT_EQ(bad.errors[0].line, 2);
}

TEST(Ignore, NoPatternsMatchNothing) {
    const Patterns none;
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.matches("a"));
}

struct Pruning {
    std::string text;
    std::string folder;
    bool may_reinclude = false;

    friend std::ostream& operator<<(std::ostream& out, const Pruning& pruning) {
        return out << '"' << pruning.text << "\" below '" << pruning.folder << "'";
    }
};

class IgnorePruning : public testing::TestWithParam<Pruning> {};

TEST_P(IgnorePruning, LeavesOutWhatNoExclusionCanReach) {
    const auto parsed = parse_ignore(GetParam().text, "x");
    ASSERT_TRUE(parsed.errors.empty());
    ASSERT_TRUE(parsed.patterns.matches(GetParam().folder));
    EXPECT_EQ(parsed.patterns.may_reinclude_below(GetParam().folder), GetParam().may_reinclude);
}

INSTANTIATE_TEST_SUITE_P(
    Rules,
    IgnorePruning,
    testing::Values(
        Pruning{"a", "a", false},
        Pruning{"a\n!b/c", "a", false},
        Pruning{"a\n!a/b/c", "a", true},
        Pruning{"a\n!a/b/c", "a/b", true},
        Pruning{"a\n!a/b/c", "a/x", false},
        Pruning{"!a/b\na", "a", false},
        Pruning{"*\n!a/*.md", "a", true},
        Pruning{"*\n!a/*.md", "b", false},
        Pruning{"*\n!a/*.md", "a/b", false},
        Pruning{"*\n!a/**/*.md", "a/b", true},
        Pruning{"*\n!**/x", "a", true},
        Pruning{"*\n!a/**", "a", true},
        Pruning{"*\n!ab**", "a", false},
        Pruning{"*\n!x|y*", "a", true}
    )
);

// Backtracking would need longer than the universe has been there.
TEST(Ignore, HostilePatternsTakeLinearTime) {
    std::string stars;
    std::string folders;
    for (int i = 0; i < 300; ++i) {
        stars += "a*";
        folders += "**/a";
    }
    const auto parsed = parse_ignore(stars + "b\n" + folders + "b\na{1000}*b\n", "x");
    ASSERT_TRUE(parsed.errors.empty());
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(parsed.patterns.matches(std::string(4'000, 'a')));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace slipway::ignore
