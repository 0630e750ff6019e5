#include "core/model/object_id.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace slipway::model {
namespace {

TEST(ObjectId, IsFortyHexDigitsOfEitherCase) {
    const std::string lower = "0123456789abcdef0123456789abcdef01234567";
    const auto id = parse_object_id(lower);
    EXPECT_EQ(to_string(id.value_or(ObjectId{})), lower);
    EXPECT_EQ(parse_object_id("0123456789ABCDEF0123456789ABCDEF01234567"), id);
}

TEST(ObjectId, IsNothingElse) {
    EXPECT_FALSE(parse_object_id(""));
    EXPECT_FALSE(parse_object_id(std::string(39, 'a')));
    EXPECT_FALSE(parse_object_id(std::string(41, 'a')));
    EXPECT_FALSE(parse_object_id(std::string(64, 'a')));
    EXPECT_FALSE(parse_object_id(std::string(39, 'a') + "g"));
    EXPECT_FALSE(parse_object_id("g" + std::string(39, 'a')));
}

TEST(ObjectId, ZeroIsAnIdOfItsOwn) {
    const ObjectId one{.bytes = {1}};
    EXPECT_TRUE(parse_object_id(std::string(40, '0')).value_or(one).is_zero());
    EXPECT_FALSE(one.is_zero());
}

TEST(ObjectId, HashesByItsFirstBytes) {
    const std::hash<ObjectId> hash;
    EXPECT_NE(hash({.bytes = {1}}), hash({.bytes = {2}}));
}

TEST(ClassifyId, TellsZerosFromIdsFromNames) {
    EXPECT_EQ(classify_id(std::string(40, '0')), IdKind::zeros);
    EXPECT_EQ(classify_id(std::string(64, '0')), IdKind::zeros);
    EXPECT_EQ(classify_id(std::string(40, 'A')), IdKind::sha1);
    EXPECT_EQ(classify_id(std::string(64, 'a')), IdKind::sha256);
    EXPECT_EQ(classify_id(std::string(41, '0')), IdKind::other);
    EXPECT_EQ(classify_id(std::string(39, 'a') + "z"), IdKind::other);
    EXPECT_EQ(classify_id("main"), IdKind::other);
    EXPECT_EQ(classify_id(""), IdKind::other);
}

}  // namespace
}  // namespace slipway::model
