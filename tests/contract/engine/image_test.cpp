#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/recorded_answer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::engine {
namespace {

using test::http_answer;

class Image : public ScriptedEngineTest {
protected:
    ImageInfo inspected(const std::string& reference) {
        const auto image = run(engine_->inspect(reference));
        EXPECT_TRUE(image) << error_of(image);
        return image.value_or(std::nullopt).value_or(ImageInfo());
    }
};

TEST_F(Image, PullAsksForOneTagOnOnePlatform) {
    script_.on("/images/create", {.answer = recorded("20_pull_ok")});
    const auto pulled = pull("127.0.0.1:5058/fx/app:20", "linux/arm64", {.registry_token = "t"});
    ASSERT_TRUE(pulled) << error_of(pulled);
    EXPECT_EQ(
        only_target(),
        "POST "
        "/v1.41/images/create?fromImage=127.0.0.1%3A5058%2Ffx%2Fapp&tag=20&platform=linux%2Farm64"
    );
    EXPECT_NE(script_.requests().at(0).headers.at("x-registry-auth"), "e30=");
}

TEST_F(Image, PullWithoutATagTakesLatestAndNotAll) {
    script_.on("/images/create", {.answer = recorded("20_pull_ok")});
    ASSERT_TRUE(pull("alpine"));
    EXPECT_EQ(
        only_target(), "POST /v1.41/images/create?fromImage=docker.io%2Flibrary%2Falpine&tag=latest"
    );
}

TEST_F(Image, PullByDigestLeavesTheTagOut) {
    const std::string digest = "sha256:" + std::string(64, 'a');
    script_.on("/images/create", {.answer = recorded("20_pull_ok")});
    ASSERT_TRUE(pull("r.example/a:1@" + digest));
    EXPECT_EQ(
        only_target(),
        "POST /v1.41/images/create?fromImage=r.example%2Fa&tag=sha256%3A" + std::string(64, 'a')
    );
}

TEST_F(Image, PullOfWhatDoesNotExistIsNotFound) {
    for (const std::string_view name : {"20_pull_not_found", "29_pull_not_found"}) {
        script_.on("/images/create", {.answer = recorded(name)});
        EXPECT_EQ(pull("r.example/a:1").error().code, ErrorCode::not_found) << name;
    }
}

TEST_F(Image, PullThatIsDeniedAsA404IsDenied) {
    script_.on(
        "/images/create",
        {.answer = http_answer(
             404,
             "",
             R"({"message":"pull access denied for r.example/a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"})"
         )}
    );
    EXPECT_EQ(pull("r.example/a:1").error().code, ErrorCode::denied);
}

TEST_F(Image, PullThatTheRegistryPutsOffIsUnavailable) {
    script_.on(
        "/images/create",
        {.answer = http_answer(
             500, "", R"({"message":"toomanyrequests: You have reached your pull rate limit."})"
         )}
    );
    EXPECT_EQ(pull("r.example/a:1").error().code, ErrorCode::unavailable);
}

TEST_F(Image, BadReferencesAreNotSent) {
    EXPECT_EQ(pull("Not A Reference").error().code, ErrorCode::invalid);
    EXPECT_EQ(push("a:b:c").error().code, ErrorCode::invalid);
    EXPECT_EQ(run(engine_->tag("sha256:1", "a@b")).error().code, ErrorCode::invalid);
    EXPECT_TRUE(script_.requests().empty());
}

TEST_F(Image, TagNamesRepositoryAndTag) {
    script_.on("/tag?", {.answer = http_answer(201, "", "")});
    const auto tagged = run(engine_->tag("sha256:12ab", "r.example:5000/a/b:2"));
    ASSERT_TRUE(tagged) << error_of(tagged);
    EXPECT_EQ(
        only_target(), "POST /v1.41/images/sha256:12ab/tag?repo=r.example%3A5000%2Fa%2Fb&tag=2"
    );
}

TEST_F(Image, TagOfAnUnknownImageIsNotFound) {
    script_.on("/tag?", {.answer = recorded("20_image_json_404")});
    EXPECT_EQ(run(engine_->tag("sha256:12ab", "r.example/a:2")).error().code, ErrorCode::not_found);
    script_.on("/tag?", {.answer = recorded("29_tag_400")});
    EXPECT_EQ(run(engine_->tag("sha256:12ab", "r.example/a:2")).error().code, ErrorCode::failed);
}

TEST_F(Image, InspectKnowsIdAndLabels) {
    script_.on(
        "/json",
        {.answer = http_answer(200, "", R"({"Id":"sha256:1","Config":{"Labels":{"team":"web"}}})")}
    );
    const ImageInfo image = inspected("r.example/a:1");
    EXPECT_EQ(image.id, "sha256:1");
    EXPECT_EQ(image.labels, (std::map<std::string, std::string>{{"team", "web"}}));
    EXPECT_EQ(only_target(), "GET /v1.41/images/r.example/a:1/json");
}

TEST_F(Image, InspectOfRecordedImages) {
    script_.on("/json", {.answer = recorded("20_image_json")});
    EXPECT_EQ(
        inspected("fx:1").id,
        "sha256:564401e6bc8066ab71a09279dc730273e3663fc0c8d037bfe000b93499da9d35"
    );
    script_.on("/json", {.answer = recorded("29_image_json")});
    EXPECT_TRUE(inspected("fx:1").labels.empty());
}

TEST_F(Image, InspectOfAnAbsentImageIsNothing) {
    for (const std::string_view name : {"20_image_json_404", "29_image_json_404"}) {
        script_.on("/json", {.answer = recorded(name)});
        const auto image = run(engine_->inspect("nosuch:1"));
        ASSERT_TRUE(image) << error_of(image);
        EXPECT_FALSE(*image);
    }
}

TEST_F(Image, InspectThatFailsIsNotAbsence) {
    script_.on("/json", {.answer = http_answer(500, "", R"({"message":"database is locked"})")});
    EXPECT_EQ(run(engine_->inspect("nosuch:1")).error().code, ErrorCode::failed);
    script_.on("/json", {.answer = recorded("20_image_json"), .cut_after = 500});
    EXPECT_EQ(run(engine_->inspect("nosuch:1")).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::engine
