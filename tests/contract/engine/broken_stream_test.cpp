#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/recorded_answer.hpp"
#include "tests/support/scripted_engine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>  // IWYU pragma: keep
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine {
namespace {

using test::http_answer;
using test::Script;

constexpr std::string_view built_id =
    "sha256:03f4ad4ce06462f50adc388ed8f12c979dc7b8cd7b765836ab314cc0039ac4da";

class BrokenStream : public ScriptedEngineTest {
protected:
    void answer(Script script) { script_.on("POST /v1.41/build", std::move(script)); }

    /// Starts a build, and cancels it once the engine has been asked for it.
    Result<BuiltImage> build_and_cancel() {
        std::optional<Result<BuiltImage>> built;
        net::cancellation_signal cancel;
        net::co_spawn(
            context_,
            engine_->build({}, context_of({"tar"}), sink(), limits_),
            net::bind_cancellation_slot(
                cancel.slot(),
                [&built](const std::exception_ptr& thrown, Result<BuiltImage> result) {
                    EXPECT_EQ(thrown, nullptr);
                    built = std::move(result);
                }
            )
        );
        context_.restart();
        while (script_.requests().empty()) {
            context_.poll();
        }
        cancel.emit(net::cancellation_type::terminal);
        context_.run_for(std::chrono::seconds(10));
        return built.value_or(fail(ErrorCode::internal, "the build did not end"));
    }
};

TEST_F(BrokenStream, AnswerInSingleBytesIsTheSame) {
    for (const std::size_t chunk_size : {1UL, 7UL, 100000UL}) {
        const std::string bytes = recorded("29_build_v1_ok_multistage", chunk_size);
        answer({.answer = bytes, .write_size = 1});
        const auto built = build();
        ASSERT_TRUE(built) << error_of(built);
        EXPECT_EQ(built->id, built_id);
    }
}

TEST_F(BrokenStream, BuildkitAnswerInSingleBytesIsTheSame) {
    answer({.answer = recorded("20_build_v2_ok", 31), .write_size = 1});
    EXPECT_TRUE(build());
}

TEST_F(BrokenStream, CutAnywhereIsUnavailableAndNeverASuccess) {
    const std::string whole = recorded("29_build_v1_ok_multistage");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        answer({.answer = whole, .cut_after = size});
        const auto built = build();
        ASSERT_FALSE(built) << "after " << size << " of " << whole.size();
        ASSERT_EQ(built.error().code, ErrorCode::unavailable) << size << built.error().message;
    }
}

TEST_F(BrokenStream, CutAfterTheEnginesErrorKeepsTheError) {
    const std::string whole = recorded("20_build_v1_run_fail");
    answer({.answer = whole, .cut_after = whole.size() - 5});  // without the terminating chunk
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed);
    EXPECT_TRUE(built.error().message.contains("non-zero code: 3")) << built.error().message;
}

TEST_F(BrokenStream, ResetInMidAnswerIsUnavailable) {
    answer({.answer = recorded("29_build_v1_ok_multistage"), .cut_after = 700, .read_body = 0});
    EXPECT_EQ(build().error().code, ErrorCode::unavailable);
}

TEST_F(BrokenStream, AnswerWithoutAMarkedEndIsNoSuccess) {
    answer({.answer = "HTTP/1.1 200 OK\r\n\r\n{\"aux\":{\"ID\":\"sha256:1\"}}\n"});
    EXPECT_FALSE(build());
}

TEST_F(BrokenStream, BrokenChunksAreNoSuccess) {
    answer({.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nwhat\r\n"});
    EXPECT_FALSE(build());
}

TEST_F(BrokenStream, AnswerInMidUploadIsRead) {
    answer(
        {.answer = http_answer(400, "", R"({"message":"dockerfile parse error on line 1"})"),
         .read_body = 1000}
    );
    const std::string piece(256UL * 1024, 'x');
    int sent = 0;
    const auto built = build({}, [&piece, &sent]() -> Result<std::string> {
        return ++sent <= 240 ? piece : std::string();
    });
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed);
    EXPECT_TRUE(built.error().message.contains("parse error on line 1")) << built.error().message;
    EXPECT_LT(sent, 240);
}

TEST_F(BrokenStream, NothingIsShutDownAfterTheBody) {
    answer({.answer = recorded("29_build_v1_ok_multistage"), .write_size = 64});
    ASSERT_TRUE(build());
    EXPECT_TRUE(script_.requests().at(0).body_complete);
    EXPECT_FALSE(script_.requests().at(0).half_closed);
}

TEST_F(BrokenStream, SilenceIsStopped) {
    limits_.silent = std::chrono::milliseconds(500);
    answer({.answer = recorded("29_build_v1_ok_multistage"), .cut_after = 700, .hold = true});
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::cancelled);
    EXPECT_TRUE(built.error().message.contains("said nothing for 500 ms")) << built.error().message;
    EXPECT_TRUE(script_.wait_until_closed());
}

TEST_F(BrokenStream, TotalTimeIsLimitedAlthoughTheEngineSpeaks) {
    limits_.total = std::chrono::milliseconds(500);
    answer({.answer = {}, .hold = true});
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::cancelled);
    EXPECT_TRUE(built.error().message.contains("longer than 500 ms")) << built.error().message;
    EXPECT_TRUE(script_.wait_until_closed());
}

TEST_F(BrokenStream, CancellationClosesTheConnection) {
    answer({.answer = recorded("29_build_v1_ok_multistage"), .cut_after = 700, .hold = true});
    const auto built = build_and_cancel();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::cancelled) << built.error().message;
    EXPECT_TRUE(script_.wait_until_closed());
}

TEST_F(BrokenStream, LogSinkThatThrowsEndsTheCall) {
    answer({.answer = recorded("29_build_v1_ok_multistage")});
    const auto built = run(engine_->build(
        {},
        context_of({"tar"}),
        [](const wire::LogLine&) { throw std::runtime_error("no room"); },
        limits_
    ));
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::internal);
}

TEST_F(BrokenStream, OversizedErrorIsBounded) {
    answer({.answer = http_answer(500, "", std::string(5UL * 1024 * 1024, 'x'))});
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::too_large);
}

TEST_F(BrokenStream, OversizedHeaderIsRefused) {
    answer({.answer = http_answer(200, "X: " + std::string(100000, 'x') + "\r\n", "")});
    EXPECT_FALSE(build());
}

}  // namespace
}  // namespace slipway::engine
