#include "core/wire/line_assembler.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {
namespace {

using Lines = std::vector<std::string>;

TEST(LineAssembler, KeepsALineUntilItEnds) {
    LineAssembler output;
    EXPECT_EQ(output.append("one\ntw"), Lines{"one"});
    EXPECT_EQ(output.append("o"), Lines{});
    EXPECT_EQ(output.append("\n\n"), (Lines{"two", ""}));
    EXPECT_EQ(output.take_rest(), std::nullopt);
}

TEST(LineAssembler, GivesTheRestOnce) {
    LineAssembler output;
    EXPECT_EQ(output.append("half"), Lines{});
    EXPECT_EQ(output.take_rest(), "half");
    EXPECT_EQ(output.take_rest(), std::nullopt);
}

TEST(LineAssembler, JoinsACharacterThatIsCutAnywhere) {
    const std::string_view text = "ä€😀\n";
    for (std::size_t i = 0; i <= text.size(); ++i) {
        LineAssembler output;
        Lines lines = output.append(text.substr(0, i));
        for (const std::string& line : output.append(text.substr(i))) {
            lines.push_back(line);
        }
        EXPECT_EQ(lines, Lines{"ä€😀"}) << i;
    }
}

TEST(LineAssembler, ReplacesWhatIsNotUtf8) {
    LineAssembler output;
    EXPECT_EQ(output.append("a\xff\n\xe2\x82"), Lines{"a�"});
    EXPECT_EQ(output.take_rest(), "�");
}

TEST(LineAssembler, ReducesAProgressBarToItsLastState) {
    LineAssembler output;
    EXPECT_EQ(output.append("10%\r50%\r"), Lines{});
    EXPECT_EQ(output.append("100%\n"), Lines{"100%"});
    EXPECT_EQ(output.append("a\r\rb\r\r\n"), Lines{"b"});
    EXPECT_EQ(output.append("10%\r20%\r"), Lines{});
    EXPECT_EQ(output.take_rest(), "20%");
}

TEST(LineAssembler, TakesACarriageReturnBeforeTheLineEndAsPartOfIt) {
    LineAssembler output;
    EXPECT_EQ(output.append("one\r\ntwo\r"), Lines{"one"});
    EXPECT_EQ(output.append("\n"), Lines{"two"});
    EXPECT_EQ(output.append("\r\n"), Lines{""});
}

TEST(LineAssembler, CutsALineThatIsTooLong) {
    LineAssembler output;
    const Lines lines = output.append(std::string(100'000, 'x'));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].size(), 65'536U);
    EXPECT_EQ(output.append("\n"), Lines{std::string(34'464, 'x')});
}

TEST(LineAssembler, DoesNotCutALongLineWithinACharacter) {
    LineAssembler output;
    const Lines lines = output.append("x" + std::string(65'534, 'y') + "€\n");
    EXPECT_EQ(lines, (Lines{"x" + std::string(65'534, 'y'), "€"}));
}

TEST(LineAssembler, CutsALongLineOfNoCharactersAtAll) {
    LineAssembler output;
    const Lines lines = output.append(std::string(70'000, '\x80'));
    EXPECT_EQ(lines.size(), 1U);
}

TEST(LinesOf, GivesAtLeastOne) {
    EXPECT_EQ(lines_of(""), Lines{""});
    EXPECT_EQ(lines_of("one"), Lines{"one"});
    EXPECT_EQ(lines_of("one\ntwo\n"), (Lines{"one", "two"}));
}

}  // namespace
}  // namespace slipway::wire
