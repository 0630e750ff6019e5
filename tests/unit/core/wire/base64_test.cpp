#include "core/wire/base64.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace slipway::wire {
namespace {

TEST(Base64, EncodesTheVectorsOfTheRfc) {
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("fo"), "Zm8=");
    EXPECT_EQ(base64_encode("foo"), "Zm9v");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, HasTwoAlphabets) {
    EXPECT_EQ(base64_encode("\xfb\xff\xfe"), "+//+");
    EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(base64url_encode("{}"), "e30=");
}

TEST(Base64, DecodesEitherAlphabetWithAndWithoutPadding) {
    EXPECT_EQ(base64_decode("+//+"), "\xfb\xff\xfe");
    EXPECT_EQ(base64_decode("-__-"), "\xfb\xff\xfe");
    EXPECT_EQ(base64_decode("Zg=="), "f");
    EXPECT_EQ(base64_decode("Zg"), "f");
    EXPECT_EQ(base64_decode("Zm8"), "fo");
    EXPECT_EQ(base64_decode(""), "");
}

TEST(Base64, DecodesWhatItEncodes) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        EXPECT_EQ(base64_decode(base64url_encode(bytes)), bytes);
    }
}

TEST(Base64, RefusesEverythingElse) {
    for (const char* text :
         {"Z",
          "Zg=",
          "Zm9v=",
          "Zm9v====",
          "Z===",
          "=",
          "====",
          "Zg==Zg==",
          "Zm 9v",
          "Zm9v\n",
          "Zm9ä"}) {
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace slipway::wire
