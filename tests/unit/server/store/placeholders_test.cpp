#include "server/store/placeholders.hpp"

#include <gtest/gtest.h>

namespace slipway::store {
namespace {

TEST(NumberPlaceholders, BareOnesCountUp) {
    EXPECT_EQ(
        number_placeholders("INSERT INTO t VALUES (?, ?,?)"), "INSERT INTO t VALUES ($1, $2,$3)"
    );
}

TEST(NumberPlaceholders, NumbersStay) {
    EXPECT_EQ(number_placeholders("a = ?12 OR b = ?3 OR c = ?12"), "a = $12 OR b = $3 OR c = $12");
}

TEST(NumberPlaceholders, ABareOneFollowsTheLargest) {
    EXPECT_EQ(number_placeholders("?5 ?2 ? ?"), "$5 $2 $6 $7");
}

TEST(NumberPlaceholders, TextsAndCommentsStay) {
    EXPECT_EQ(
        number_placeholders("SELECT '?', 'it''s ?', \"a?\", ? -- why?\n, ? /* or\n? */ - ?"),
        "SELECT '?', 'it''s ?', \"a?\", $1 -- why?\n, $2 /* or\n? */ - $3"
    );
}

TEST(NumberPlaceholders, WhatHasNoEndIsLeftAsItIs) {
    EXPECT_EQ(number_placeholders("? 'a ?"), "$1 'a ?");
    EXPECT_EQ(number_placeholders("? /* ?"), "$1 /* ?");
    EXPECT_EQ(number_placeholders("? -- ?"), "$1 -- ?");
    EXPECT_EQ(number_placeholders(""), "");
}

TEST(NumberPlaceholders, OtherSignsStay) {
    EXPECT_EQ(number_placeholders("a - b / c ?1::bigint"), "a - b / c $1::bigint");
}

}  // namespace
}  // namespace slipway::store
