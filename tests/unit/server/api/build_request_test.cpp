#include "server/api/build_request.hpp"

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace slipway::api {
namespace {

const std::string id_a(40, 'a');
const std::string id_b(40, 'b');

config::Config configured(const std::vector<std::string>& names) {
    config::Config config;
    for (const std::string& name : names) {
        config.repositories.emplace_back().name = name;
    }
    return config;
}

/// What the body is refused with, where one repository is configured.
Error refusal(std::string_view body, const std::vector<std::string>& names = {"images"}) {
    const auto build = parse_build_request(configured(names), body);
    return build ? Error{ErrorCode::internal, "it was taken"} : build.error();
}

TEST(ParseBuildRequest, RefWithFoldersIsAManualBuild) {
    const auto build = parse_build_request(
        configured({"images", "more"}),
        R"({"repository": "more", "ref": "main", "folders": ["python", "."], "no_cache": true})"
    );
    ASSERT_TRUE(build) << build.error().message;
    EXPECT_EQ(build->repository, "more");
    EXPECT_EQ(build->ref, "refs/heads/main");
    EXPECT_EQ(build->folders, (std::vector<std::string>{"python", "."}));
    EXPECT_TRUE(build->no_cache);
    EXPECT_EQ(build->trigger, store::Trigger::manual);
    EXPECT_EQ(build->before, "");
    EXPECT_EQ(build->after, "");
}

TEST(ParseBuildRequest, FullRefIsKept) {
    EXPECT_EQ(
        parse_build_request(configured({"images"}), R"({"ref": "refs/tags/v1"})")->ref,
        "refs/tags/v1"
    );
}

TEST(ParseBuildRequest, CommitsNeedNoRef) {
    const auto build = parse_build_request(
        configured({"images"}), R"({"before": ")" + id_a + R"(", "after": ")" + id_b + R"("})"
    );
    ASSERT_TRUE(build) << build.error().message;
    EXPECT_EQ(build->repository, "images") << "the only one need not be named";
    EXPECT_EQ(build->before, id_a);
    EXPECT_EQ(build->after, id_b);
    EXPECT_EQ(build->ref, "");
}

TEST(ParseBuildRequest, BeforeMayBeZerosAndAfterMayNot) {
    const std::string zeros(40, '0');
    EXPECT_TRUE(parse_build_request(
        configured({"images"}), R"({"before": ")" + zeros + R"(", "after": ")" + id_b + R"("})"
    ));
    EXPECT_EQ(
        refusal(R"({"before": ")" + id_b + R"(", "after": ")" + zeros + R"("})").message,
        "`before` and `after` are commits of 40 hex digits (`before` may be zeros)"
    );
}

TEST(ParseBuildRequest, WhatIsNoCommitIsRefused) {
    for (const std::string& text :
         {std::string("main"), std::string(39, 'a'), std::string(64, 'a')}) {
        EXPECT_EQ(
            refusal(R"({"before": ")" + id_a + R"(", "after": ")" + text + R"("})").message,
            "`before` and `after` are commits of 40 hex digits (`before` may be zeros)"
        );
        EXPECT_EQ(
            refusal(R"({"before": ")" + text + R"(", "after": ")" + id_a + R"("})").code,
            ErrorCode::invalid
        );
    }
}

TEST(ParseBuildRequest, OneCommitAloneIsRefused) {
    EXPECT_EQ(
        refusal(R"({"ref": "main", "after": ")" + id_a + R"("})").message,
        "`before` and `after` go together"
    );
    EXPECT_EQ(
        refusal(R"({"ref": "main", "before": ")" + id_a + R"("})").message,
        "`before` and `after` go together"
    );
}

TEST(ParseBuildRequest, NothingToBuildIsRefused) {
    EXPECT_EQ(
        refusal(R"({"folders": ["a"]})").message,
        "say what to build: `ref` with `folders`, or `before` and `after`"
    );
    EXPECT_EQ(refusal("{}").code, ErrorCode::invalid);
}

TEST(ParseBuildRequest, UnknownFieldIsRefusedWithTheNearestOne) {
    EXPECT_EQ(
        refusal(R"({"ref": "main", "folder": ["a"]})").message,
        "unknown field `folder`; did you mean `folders`?"
    );
    EXPECT_EQ(refusal(R"({"ref": "main", "xyzzy": 1})").message, "unknown field `xyzzy`");
}

TEST(ParseBuildRequest, WrongTypesAreRefusedByName) {
    EXPECT_EQ(refusal(R"({"ref": 1})").message, "`ref` is not a text");
    EXPECT_EQ(refusal(R"({"ref": null})").message, "`ref` is not a text");
    EXPECT_EQ(refusal(R"({"ref": "a", "repository": []})").message, "`repository` is not a text");
    EXPECT_EQ(
        refusal(R"({"ref": "a", "folders": "b"})").message, "`folders` is not a list of texts"
    );
    EXPECT_EQ(
        refusal(R"({"ref": "a", "folders": ["b", 1]})").message, "`folders` is not a list of texts"
    );
    EXPECT_EQ(
        refusal(R"({"ref": "a", "no_cache": "yes"})").message,
        "`no_cache` is not a truth value (true, false)"
    );
}

TEST(ParseBuildRequest, NulIsRefused) {
    EXPECT_EQ(refusal(R"({"ref": "a\u0000b"})").message, "`ref` holds a NUL");
    EXPECT_EQ(
        refusal(R"({"ref": "main", "folders": ["a\u0000"]})").message, "`folders` holds a NUL"
    );
}

TEST(ParseBuildRequest, WhatIsNoJsonObjectIsRefused) {
    const std::string deep(100000, '[');
    const std::string_view bodies[] = {
        "",
        "x",
        "[]",
        "1",
        "\"ref\"",
        R"({"ref": "main")",
        deep,
        R"({"ref": [[[[["a"]]]]]})",
        "{\"ref\": \"\xff\"}"
    };
    for (const std::string_view body : bodies) {
        const Error error = refusal(body);
        EXPECT_EQ(error.code, ErrorCode::invalid) << body.substr(0, 40);
        EXPECT_TRUE(error.message.starts_with("the body is not a JSON object")) << error.message;
    }
}

TEST(ParseBuildRequest, MoreThanAnybodyMeansIsRefusedUnread) {
    const auto request = parse_build_request(config::Config{}, std::string(4'194'305, '{'));
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, ErrorCode::too_large);
}

TEST(ParseBuildRequest, RepositoryMustBeNamedAndKnown) {
    const Error unknown = refusal(R"({"ref": "main", "repository": "nope"})");
    EXPECT_EQ(unknown.code, ErrorCode::not_found);
    EXPECT_EQ(
        refusal(R"({"ref": "main"})", {"a", "b"}).message,
        "`repository` is missing, and more than one is configured"
    );
    EXPECT_EQ(refusal(R"({"ref": "main"})", {}).code, ErrorCode::invalid);
}

}  // namespace
}  // namespace slipway::api
