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

}  // namespace
}  // namespace slipway
