#include "core/base/result.hpp"
#include "server/engine/docker_engine.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/recorded_answer.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::engine {
namespace {

using test::http_answer;

std::string version_json(std::string_view newest, std::string_view oldest) {
    return R"({"Version":"x","Os":"linux","ApiVersion":")" + std::string(newest) +
           R"(","MinAPIVersion":")" + std::string(oldest) + R"("})";
}

class Negotiation : public ScriptedEngineTest {
protected:
    void speak(const std::string& newest, const std::string& oldest) {
        script_.on(
            "GET /_ping", {.answer = http_answer(200, "Api-Version: " + newest + "\r\n", "OK")}
        );
        script_.on("GET /version", {.answer = http_answer(200, "", version_json(newest, oldest))});
    }
};

TEST_F(Negotiation, TakesTheOldEnginesVersion) {
    const auto info = ping();
    ASSERT_TRUE(info) << error_of(info);
    EXPECT_EQ(info->api_version, "1.41");
    EXPECT_EQ(info->engine_version, "20.10.24+dfsg1");
    EXPECT_EQ(info->os, "linux");
}

TEST_F(Negotiation, OldEngineThatRecommendsNothingBuildsWithBuildkit) {
    EXPECT_EQ(ping()->default_builder, Builder::buildkit);
}

TEST_F(Negotiation, TakesTheNewestThatWasTested) {
    script_.on("GET /_ping", {.answer = recorded("29_ping")});
    script_.on("GET /version", {.answer = recorded("29_version")});
    EXPECT_EQ(ping()->api_version, "1.56");
    speak("1.70", "1.40");
    EXPECT_EQ(ping()->api_version, "1.56");
}

TEST_F(Negotiation, FollowsTheEnginesRecommendationOfTheClassicBuilder) {
    script_.on(
        "GET /_ping",
        {.answer = http_answer(200, "Api-Version: 1.47\r\nBuilder-Version: 1\r\n", "OK")}
    );
    EXPECT_EQ(ping()->default_builder, Builder::classic);
}

TEST_F(Negotiation, SpeaksTheOldestVersion) {
    speak("1.40", "1.12");
    EXPECT_EQ(ping()->api_version, "1.40");
}

TEST_F(Negotiation, TooOldAnEngineIsToldInWords) {
    speak("1.39", "1.12");
    const auto info = ping();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::failed);
    EXPECT_TRUE(info.error().message.contains("API 1.39 at most")) << info.error().message;
    EXPECT_TRUE(info.error().message.contains("upgrade the engine")) << info.error().message;
}

TEST_F(Negotiation, TooNewAnEngineIsToldInWords) {
    speak("1.99", "1.60");
    const auto info = ping();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::failed);
    EXPECT_TRUE(info.error().message.contains("upgrade slipway")) << info.error().message;
}

TEST_F(Negotiation, WhatNamesNoVersionIsNoEngine) {
    script_.on("GET /_ping", {.answer = http_answer(200, "", "OK")});
    const auto info = ping();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::failed);
    EXPECT_TRUE(info.error().message.contains("names no API version")) << info.error().message;
}

TEST_F(Negotiation, WhatSpeaksNoHttpIsNoEngine) {
    script_.on("GET /_ping", {.answer = "SSH-2.0-OpenSSH_9.2\r\n\r\n"});
    const auto info = ping();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::failed);
}

TEST_F(Negotiation, EngineThatIsStartingIsUnavailable) {
    script_.on("GET /_ping", {.answer = http_answer(503, "", "starting")});
    const auto info = ping();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::unavailable);
}

TEST_F(Negotiation, EngineIsAskedAnewAsItMayHaveBeenUpgraded) {
    EXPECT_EQ(ping()->api_version, "1.41");
    speak("1.44", "1.24");
    EXPECT_EQ(ping()->api_version, "1.44");
}

TEST_F(Negotiation, MissingSocketIsUnavailable) {
    const test::TempFolder folder;
    const auto engine =
        make_docker_engine(blocking_, "unix://" + (folder / "none.sock").string()).value();
    const auto info = run(engine->ping());
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(info.error().message.contains("is the engine running?")) << info.error().message;
}

TEST_F(Negotiation, AddressesThatAreNotUnderstoodAreInvalid) {
    const std::string too_long = "unix:///" + std::string(200, 'x');
    for (const std::string_view address :
         {std::string_view(""),
          std::string_view("tcp://127.0.0.1"),
          std::string_view("tcp://:2375"),
          std::string_view("tcp://127.0.0.1:docker"),
          std::string_view("ssh://engine"),
          std::string_view("unix://"),
          std::string_view("unix://relative"),
          std::string_view("/var/run/docker.sock"),
          std::string_view(too_long)}) {
        const auto engine = make_docker_engine(blocking_, address);
        ASSERT_FALSE(engine) << address;
        EXPECT_EQ(engine.error().code, ErrorCode::invalid) << address;
    }
}

}  // namespace
}  // namespace slipway::engine
