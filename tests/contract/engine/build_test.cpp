#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/recorded_answer.hpp"
#include "tests/support/scripted_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine {
namespace {

using test::http_answer;
using test::stream_answer;

class Build : public ScriptedEngineTest {
protected:
    void answer(const std::string& bytes) { script_.on("POST /v1.41/build", {.answer = bytes}); }

    [[nodiscard]] bool logged(std::string_view text) const {
        return std::ranges::any_of(log_, [text](const std::string& line) {
            return line.contains(text);
        });
    }
};

TEST_F(Build, SendsEveryParameterAndTheTar) {
    answer(recorded("20_build_v2_ok"));
    const auto built = build(
        {.tags = {"r.example/a:1", "r.example/a:latest"},
         .dockerfile = "docker/Docker file",
         .target = "runtime",
         .build_args = {{"A", "x&y=\"z\""}, {"B", ""}},
         .labels = {{"team", "web"}},
         .platform = "linux/amd64",
         .network_mode = "host",
         .builder = Builder::buildkit,
         .no_cache = true,
         .cache_from = {"r.example/a:1"},
         .memory_bytes = 1U << 30U,
         .cpu_millis = 1500,
         .shm_bytes = 1U << 26U},
        context_of({"first ", "second ", "third"})
    );
    ASSERT_TRUE(built) << error_of(built);
    EXPECT_EQ(built->id, "sha256:564401e6bc8066ab71a09279dc730273e3663fc0c8d037bfe000b93499da9d35");
    const auto session = script_.sessions().at(0).headers.at("x-docker-expose-session-uuid");
    EXPECT_EQ(
        only_target(),
        "POST /v1.41/build?version=2&t=r.example%2Fa%3A1&t=r.example%2Fa%3Alatest"
        "&dockerfile=docker%2FDocker%20file&target=runtime&platform=linux%2Famd64&networkmode=host"
        "&buildargs=%7B%22A%22%3A%22x%26y%3D%5C%22z%5C%22%22%2C%22B%22%3A%22%22%7D"
        "&labels=%7B%22team%22%3A%22web%22%7D&nocache=1&cachefrom=%5B%22r.example%2Fa%3A1%22%5D"
        "&shmsize=67108864&session=" +
            session + "&rm=1&forcerm=1"
    );
    const auto request = script_.requests().at(0);
    EXPECT_EQ(request.headers.at("content-type"), "application/x-tar");
    EXPECT_EQ(request.headers.at("transfer-encoding"), "chunked");
    EXPECT_FALSE(request.headers.contains("expect"));
    EXPECT_EQ(request.body, "first second third");
    EXPECT_TRUE(request.body_complete);
    EXPECT_TRUE(logged("memory and processors are not limited"));
}

TEST_F(Build, LimitsARunOfTheClassicBuilder) {
    answer(recorded("20_build_v1_ok_multistage"));
    ASSERT_TRUE(build({.builder = Builder::classic, .memory_bytes = 1U << 30U, .cpu_millis = 1500})
    );
    EXPECT_EQ(
        only_target(),
        "POST /v1.41/build?version=1&dockerfile=Dockerfile&memory=1073741824&rm=1&forcerm=1"
        "&cpuperiod=100000&cpuquota=150000"
    );
}

TEST_F(Build, LeavesOutWhatWasNotGivenAndNeverAsksForAPull) {
    answer(recorded("20_build_v1_ok_multistage"));
    ASSERT_TRUE(build({.builder = Builder::classic}));
    EXPECT_EQ(only_target(), "POST /v1.41/build?version=1&dockerfile=Dockerfile&rm=1&forcerm=1");
    EXPECT_TRUE(script_.sessions().empty());
}

TEST_F(Build, AsksForTheClassicBuilderWhereTheEngineRecommendsIt) {
    script_.on(
        "GET /_ping",
        {.answer = http_answer(200, "Api-Version: 1.41\r\nBuilder-Version: 1\r\n", "OK")}
    );
    answer(recorded("20_build_v1_ok_multistage"));
    ASSERT_TRUE(build());
    EXPECT_TRUE(only_target().contains("version=1&")) << only_target();
}

TEST_F(Build, TheRequestsBuilderWins) {
    answer(recorded("20_build_v1_ok_multistage"));
    ASSERT_TRUE(build({.builder = Builder::classic}));
    EXPECT_TRUE(only_target().contains("version=1&")) << only_target();
}

TEST_F(Build, ClassicResultIsTheLastStagesImage) {
    answer(recorded("29_build_v1_ok_multistage"));
    EXPECT_EQ(
        build().value().id,
        "sha256:03f4ad4ce06462f50adc388ed8f12c979dc7b8cd7b765836ab314cc0039ac4da"
    );
    EXPECT_TRUE(logged("Step 6/6 : COPY --from=b /x /y"));
}

TEST_F(Build, BuildkitsLogIsShown) {
    answer(recorded("29_build_v2_ok"));
    ASSERT_TRUE(build());
    EXPECT_TRUE(logged("exporting to image"));
}

TEST_F(Build, AFailingRunFails) {
    for (const std::string_view name :
         {"20_build_v1_run_fail", "20_build_v2_run_fail", "29_build_v2_run_fail"}) {
        answer(recorded(name));
        const auto built = build();
        ASSERT_FALSE(built) << name;
        EXPECT_EQ(built.error().code, ErrorCode::failed) << name;
        EXPECT_TRUE(built.error().message.contains("code: 3")) << built.error().message;
    }
    EXPECT_TRUE(logged("about to fail"));
}

TEST_F(Build, ASyntaxErrorFailsWithTheEnginesWords) {
    for (const std::string_view name :
         {"20_build_v1_syntax_error",
          "29_build_v1_syntax_error",
          "20_build_v2_syntax_error",
          "29_build_v2_syntax_error"}) {
        answer(recorded(name));
        const auto built = build();
        ASSERT_FALSE(built) << name;
        EXPECT_EQ(built.error().code, ErrorCode::failed) << name;
        EXPECT_TRUE(built.error().message.contains("unknown instruction: FOO")) << name;
    }
}

TEST_F(Build, WhatTheEngineRefusesFails) {
    for (const std::string_view name :
         {"20_build_v2_missing_base",
          "29_build_v2_missing_base",
          "20_build_v2_bad_networkmode",
          "29_build_v2_bad_networkmode",
          "20_build_v1_mount_needs_buildkit",
          "20_build_v2_private_base_no_session"}) {
        answer(recorded(name));
        const auto built = build();
        ASSERT_FALSE(built) << name;
        EXPECT_EQ(built.error().code, ErrorCode::failed) << name << built.error().message;
    }
}

TEST_F(Build, AnErrorWinsOverAnImageId) {
    answer(
        stream_answer("{\"id\":\"moby.image.id\",\"aux\":{\"ID\":\"sha256:1\"}}\n"
                      "{\"errorDetail\":{\"message\":\"tagging failed\"}}\n")
    );
    EXPECT_EQ(build().error().code, ErrorCode::failed);
}

TEST_F(Build, AStreamWithoutAnImageFails) {
    answer(stream_answer("{\"stream\":\"all is well\\n\"}\n"));
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed);
    EXPECT_TRUE(built.error().message.contains("without an image")) << built.error().message;
}

TEST_F(Build, AnEngineThatBreaksOffInWordsIsUnavailable) {
    for (const std::string_view words :
         {"context canceled",
          "rpc error: only one connection allowed",
          "no active session for abc",
          "write /x: no space left on device"}) {
        answer(stream_answer("{\"errorDetail\":{\"message\":\"" + std::string(words) + "\"}}\n"));
        EXPECT_EQ(build().error().code, ErrorCode::unavailable) << words;
    }
}

TEST_F(Build, APrivateBaseWithoutCredentialsIsDenied) {
    answer(
        stream_answer(R"({"errorDetail":{"message":"pull access denied, repository does not exist)"
                      R"( or may require authorization: authorization failed"}})"
                      "\n")
    );
    EXPECT_EQ(build().error().code, ErrorCode::denied);
}

TEST_F(Build, ContextThatBreaksIsTheErrorAndStopsTheBuild) {
    script_.on("POST /v1.41/build", {.answer = {}, .hold = true});
    int calls = 0;
    const auto built = build({}, [&calls]() -> Result<std::string> {
        if (++calls == 1) {
            return "half a tar";
        }
        return fail(ErrorCode::not_found, "blob 123 is missing");
    });
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::not_found);
    EXPECT_TRUE(built.error().message.contains("blob 123 is missing")) << built.error().message;
    EXPECT_TRUE(script_.wait_for_request("/build"));
    EXPECT_FALSE(script_.requests().at(0).body_complete);
}

TEST_F(Build, ContextSourceThatThrowsEndsTheBuild) {
    script_.on("POST /v1.41/build", {.answer = {}, .hold = true});
    const auto built =
        build({}, []() -> Result<std::string> { throw std::runtime_error("out of things"); });
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::internal);
}

TEST_F(Build, RefusalOnHttpLevelKeepsItsWords) {
    answer(http_answer(500, "", "{\"message\":\"dockerfile parse error on line 2: unknown\"}\n"));
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed);
    EXPECT_TRUE(built.error().message.contains("line 2")) << built.error().message;
}

TEST_F(Build, RefusalInPlainTextKeepsItsFirstLine) {
    answer(http_answer(400, "", "client version 1.23 is too old\nand more"));
    const auto built = build();
    EXPECT_TRUE(built.error().message.ends_with("client version 1.23 is too old"))
        << built.error().message;
}

}  // namespace
}  // namespace slipway::engine
