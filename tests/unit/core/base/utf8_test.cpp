#include "core/base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway {
namespace {

TEST(ValidUtf8, LeavesWhatIsValid) {
    EXPECT_EQ(valid_utf8(""), "");
    EXPECT_EQ(valid_utf8("plain"), "plain");
    EXPECT_EQ(valid_utf8("ä€😀\xf4\x8f\xbf\xbf"), "ä€😀\xf4\x8f\xbf\xbf");
    EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(ValidUtf8, ReplacesBytesThatNeverOccur) {
    EXPECT_EQ(valid_utf8("a\xff\x62"), "a�b");
    EXPECT_EQ(valid_utf8("\x80\xbf"), "��");
    EXPECT_EQ(valid_utf8("\xc0\xaf"), "��");
    EXPECT_EQ(valid_utf8("\xf5\x80"), "��");
}

TEST(ValidUtf8, ReplacesACharacterCutShortOnce) {
    EXPECT_EQ(valid_utf8("a\xe2\x82"), "a�");
    EXPECT_EQ(valid_utf8("\xe2\x82z"), "�z");
    EXPECT_EQ(valid_utf8("\xf0\x9f\x98"), "�");
}

TEST(ValidUtf8, ReplacesOverlongFormsSurrogatesAndWhatIsAboveUnicode) {
    EXPECT_EQ(valid_utf8("\xe0\x80\x80"), "���");
    EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "���");
    EXPECT_EQ(valid_utf8("\xf0\x80\x80\x80"), "����");
    EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "����");
}

TEST(Shortened, KeepsWhatHasRoomAndSaysThatThereIsMore) {
    EXPECT_EQ(shortened("four", 4), "four");
    EXPECT_EQ(shortened("four", 3), "fou…");
    EXPECT_EQ(shortened("a€", 2), "a…");
    EXPECT_EQ(shortened("a€", 4), "a€");
    EXPECT_EQ(shortened(std::string(201, 'x')), std::string(200, 'x') + "…");
}

// A byte that is none of a character takes three: an error was four times as long as its line.
TEST(Shortened, HasRoomForWhatIsShownNotForWhatWasThere) {
    EXPECT_EQ(shortened("\xff\xff\xff", 7), "��…");
}

TEST(Printable, LeavesPlainTextOfAnyLanguage) {
    EXPECT_EQ(printable(""), "");
    EXPECT_EQ(printable("a b/c\\d"), "a b/c\\d");
    EXPECT_EQ(printable("ä€😀…"), "ä€😀…");
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
    EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\x0dd");
    EXPECT_EQ(printable("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
    EXPECT_EQ(printable(std::string("\0\x7f", 2)), "\\x00\\x7f");
    EXPECT_EQ(
        printable("\xc2\x9b"
                  "31m"),
        "\\xc2\\x9b31m"
    ) << "one character that begins a sequence";
}

TEST(Printable, ShowsMarksThatTurnTheDirection) {
    EXPECT_EQ(
        printable("a\xe2\x80\xae"
                  "b\xe2\x81\xa9"),
        "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa9"
    );
    EXPECT_EQ(printable("\xe2\x80\x8f\xe2\x80\xa8"), "\\xe2\\x80\\x8f\\xe2\\x80\\xa8");
}

TEST(Printable, ShowsWhatIsNotUtf8ByteByByte) {
    EXPECT_EQ(printable("a\xff\x62"), "a\\xffb");
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
    EXPECT_EQ(
        printable("\x9b"
                  "2J"),
        "\\x9b2J"
    );
}

}  // namespace
}  // namespace slipway
