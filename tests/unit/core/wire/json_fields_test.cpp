#include "core/wire/json_fields.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::wire {
namespace {

constexpr JsonPath name{.parent = "", .name = "name"};
constexpr JsonPath box{.parent = "", .name = "box"};
constexpr JsonPath box_name{.parent = "box", .name = "name"};

Result<JsonFields> read(std::string_view text) {
    return JsonFields::read(text, {name, box, box_name});
}

TEST(JsonFields, ReadsTheWantedScalarsAndTheirTypes) {
    const auto fields = read(R"({"name": "a", "box": {"name": -7, "other": 1}, "x": [1, {}]})");
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->text_or_empty(name), "a");
    EXPECT_EQ(fields->integer(box_name), -7);
    EXPECT_EQ(fields->text(box_name), nullptr);
    EXPECT_EQ(fields->text(box), nullptr);
    EXPECT_EQ(fields->integer(name), std::nullopt);
    EXPECT_TRUE(read(R"({"name": true})")->is_true(name));
    EXPECT_FALSE(read(R"({"name": false})")->is_true(name));
    EXPECT_FALSE(read(R"({"name": "true"})")->is_true(name));
}

TEST(JsonFields, DoesNotTakeTheSameNameFromElsewhere) {
    for (const char* text : {
             R"({"other": {"name": "x"}})",
             R"({"name": ["x"]})",
             R"({"name": {"name": "x"}})",
             R"({"box": [{"name": "x"}]})",
             R"({"box": {"deep": {"name": "x"}}})",
             R"({"": {"name": "x"}})",
         }) {
        const auto fields = read(text);
        ASSERT_TRUE(fields) << text;
        EXPECT_EQ(fields->text(name), nullptr) << text;
        EXPECT_EQ(fields->text(box_name), nullptr) << text;
    }
}

TEST(JsonFields, TheLastOfARepeatedKeyCounts) {
    EXPECT_EQ(read(R"({"name": "a", "name": "b"})")->text_or_empty(name), "b");
    EXPECT_EQ(read(R"({"name": "a", "name": null})")->text(name), nullptr);
    EXPECT_EQ(read(R"({"name": "a", "name": {}})")->text(name), nullptr);
    EXPECT_EQ(read(R"({"box": {"name": "a"}, "box": {}})")->text(box_name), nullptr);
    EXPECT_EQ(read(R"({"box": {"name": "a"}, "box": "b"})")->text(box_name), nullptr);
}

TEST(JsonFields, ReadsTwoLevelsDeeper) {
    constexpr JsonPath inner{.parent = "lid", .name = "name", .grandparent = "box"};
    const auto inner_name = [inner](std::string_view text) {
        return std::string(JsonFields::read(text, {name, box_name, inner})->text_or_empty(inner));
    };
    EXPECT_EQ(inner_name(R"({"box": {"x": [{}], "lid": {"x": {}, "name": "a"}, "y": 1}})"), "a");
    EXPECT_EQ(inner_name(R"({"box": {"lid": {"name": "a"}, "lid": {"name": "b"}}})"), "b");
    for (const char* text : {
             R"({"lid": {"name": "x"}})",
             R"({"box": {"name": "x"}, "lid": {"name": "x"}})",
             R"({"a": {"lid": {"name": "x"}}})",
             R"({"box": {"lid": [{"name": "x"}]}})",
             R"({"box": {}, "a": [{"lid": {"name": "x"}}]})",
             R"({"box": {"lid": 1}, "a": [{"name": "x"}]})",
             R"({"box": {"a": {"lid": {"name": "x"}}}})",
             R"({"box": {"lid": {"name": "x"}, "lid": 1}})",
             R"({"box": {"lid": {"name": "x"}}, "box": {}})",
         }) {
        EXPECT_EQ(inner_name(text), "") << text;
    }
}

TEST(JsonFields, AnEmptyKeyForgetsNothing) {
    EXPECT_EQ(read(R"({"name": "a", "": 1})")->text_or_empty(name), "a");
}

TEST(JsonFields, NumbersBeyondItsRangeAreAsGoodAsMissing) {
    EXPECT_EQ(read(R"({"name": 9223372036854775807})")->integer(name), 9223372036854775807);
    EXPECT_EQ(read(R"({"name": 9223372036854775808})")->integer(name), std::nullopt);
    EXPECT_EQ(read(R"({"name": 1e3})")->integer(name), std::nullopt);
    EXPECT_EQ(read(R"({"name": 1e999})")->integer(name), std::nullopt);
}

TEST(JsonFields, ReadsTextsThatHoldEscapes) {
    const auto fields =
        read(R"({"b\u006fx": {"n\u0061me": "a\n\u00e9\ud83d\ude00z"}, "x": "\t\u0000"})");
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->text_or_empty(box_name), "a\né😀z");
}

TEST(JsonFields, RefusesWhatIsNoObject) {
    for (const char* text : {"[]", R"("name")", "1", "1.5", "null", "true"}) {
        const auto fields = read(text);
        ASSERT_FALSE(fields) << text;
        EXPECT_EQ(fields.error().code, ErrorCode::invalid);
        EXPECT_EQ(fields.error().message, "it is not an object") << text;
    }
}

TEST(JsonFields, RefusesWhatIsNoJsonAndSaysWhere) {
    for (const char* text :
         {"",
          " ",
          "{",
          R"({"name")",
          R"({"name": "a"} x)",
          R"({'name': 1})",
          "{\"name\": \"\xff\"}",
          "{\"name\": \"a\nb\"}"}) {
        const auto fields = read(text);
        ASSERT_FALSE(fields) << text;
        EXPECT_TRUE(fields.error().message.starts_with("it is not JSON: see byte ")) << text;
    }
    EXPECT_EQ(read(R"({"name": secret})").error().message, "it is not JSON: see byte 10");
}

std::string nested(int depth) {
    const auto times = static_cast<std::size_t>(depth - 1);
    return R"({"x": )" + std::string(times, '[') + std::string(times, ']') + "}";
}

TEST(JsonFields, RefusesMoreThan64Levels) {
    EXPECT_TRUE(read(nested(64)));
    ASSERT_FALSE(read(nested(65)));
    EXPECT_EQ(read(nested(65)).error().message, "it is nested deeper than 64");
    EXPECT_FALSE(read(R"({"x": )" + std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace slipway::wire
