#include "server/store/records.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <map>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<int>;
using Map = std::map<std::string, std::string>;

TEST(Records, ListsAndMapsComeBackAsTheyWereWritten) {
    const Texts texts{"", "a:1", "quote \" and \\", "line\nend", "ö ☃", std::string(5000, 'x')};
    EXPECT_EQ(texts_from(to_json(texts)), texts);
    EXPECT_EQ(texts_from(to_json(Texts{})), Texts{});
    EXPECT_EQ(numbers_from(to_json(Numbers{0, 7, 100000})), (Numbers{0, 7, 100000}));
    EXPECT_EQ(numbers_from(to_json(Numbers{})), Numbers{});
    const Map map{{"", "empty"}, {"a:1", "sha256:1"}, {"z\t", ""}};
    EXPECT_EQ(map_from(to_json(map)), map);
    EXPECT_EQ(map_from(to_json(Map{})), Map{});
}

TEST(Records, WhatIsNoListOrMapIsRefused) {
    EXPECT_THROW(static_cast<void>(texts_from("")), std::exception);
    EXPECT_THROW(static_cast<void>(texts_from("[1]")), std::exception);
    EXPECT_THROW(static_cast<void>(texts_from("{\"a\": 1}")), std::exception);
    EXPECT_THROW(static_cast<void>(numbers_from("[1, \"2\"]")), std::exception);
    EXPECT_THROW(static_cast<void>(map_from("{\"a\": {}}")), std::exception);
    EXPECT_THROW(static_cast<void>(map_from("{\"a\": \"b\"")), std::exception);
}

TEST(Records, ColumnsAreNamedWithoutTheirTable) {
    EXPECT_EQ(without_alias("s.position, s.needs, s.reasons"), "position, needs, reasons");
    EXPECT_EQ(without_alias("s.one"), "one");
    EXPECT_EQ(without_alias(step_columns).find("s."), std::string::npos);
}

}  // namespace
}  // namespace slipway::store
