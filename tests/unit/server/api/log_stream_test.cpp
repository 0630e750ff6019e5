#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"
#include "tests/unit/server/api/stream.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway::api {
namespace {

using model::StepState;

class LogStream : public ApiTest {
protected:
    LogStream() {
        queue("images");
        build_ = plan({step(0, "python")});
    }

    StreamReader read(Headers headers = {}, const std::string& query = "") {
        headers["accept"] = "text/event-stream";
        return {context_, get("/api/v1/builds/1/steps/0/log" + query, headers)};
    }

    void write(const std::string& text) { done(store_->append_log(build_, 0, text)); }

    void finish() { work({StepState::building, StepState::failed}, "exit code 2"); }

    BuildId build_;
};

TEST_F(LogStream, HasALineAnEventAndEndsWithTheStep) {
    write("one\n\ntwo \x1b[1m\r2\n");
    StreamReader reader = read();
    const auto lines = reader.next(3);
    EXPECT_EQ(lines[0].kind, "line");
    EXPECT_EQ(lines[0].id, "4");
    EXPECT_EQ(lines[0].data["text"], "one");
    EXPECT_EQ(lines[1].data["text"], "");
    EXPECT_EQ(lines[2].data["text"], "two \x1b[1m\r2");
    write("three\n");
    finish();
    EXPECT_EQ(reader.next().data["text"], "three");
    const ReadEvent end = reader.next();
    EXPECT_EQ(end.kind, "end");
    EXPECT_EQ(end.data["state"], "failed");
    EXPECT_EQ(end.data["error"], "exit code 2");
    reader.next();
    EXPECT_TRUE(reader.is_over());
}

TEST_F(LogStream, GoesOnBehindTheLastLine) {
    write("one\ntwo\nthree\n");
    EXPECT_EQ(read({{"last-event-id", "4"}}).next().data["text"], "two");
    EXPECT_EQ(read({{"last-event-id", "8"}}, "?offset=4").next().data["text"], "three")
        << "a client that comes again has the query of its first time";
    EXPECT_EQ(read({}, "?offset=4").next().data["text"], "two");
}

TEST_F(LogStream, OfMuchComesInPieces) {
    std::string text;
    for (int line = 0; line < 20000; ++line) {
        text += "line " + std::to_string(line) + " of a log that is not short\n";
    }
    write(text);
    finish();
    StreamReader reader = read();
    for (int line = 0; line < 20000; ++line) {
        ASSERT_EQ(
            reader.next().data["text"],
            "line " + std::to_string(line) + " of a log that is not short"
        );
    }
    EXPECT_EQ(reader.next().kind, "end");
}

TEST_F(LogStream, SendsALineThatNeverEndedWithTheEnd) {
    write("one\ntwo");
    StreamReader reader = read();
    EXPECT_EQ(reader.next().data["text"], "one");
    finish();
    EXPECT_EQ(reader.next().data["text"], "two");
    EXPECT_EQ(reader.next().kind, "end");
}

TEST_F(LogStream, ShowsWhatIsNotUtf8) {
    write("caf\xe9\n");
    EXPECT_EQ(read().next().data["text"], "caf\xef\xbf\xbd");
}

TEST_F(LogStream, EndsWithTheDaemon) {
    StreamReader reader = read();
    board_->close();
    const ReadEvent end = reader.next();
    EXPECT_EQ(end.kind, "end");
    EXPECT_EQ(end.data["reason"], "shutdown");
}

TEST_F(LogStream, OfNothingIsRefused) {
    const Headers headers = {{"accept", "text/event-stream"}};
    EXPECT_EQ(get("/api/v1/builds/1/steps/1/log", headers).status, 404U);
    EXPECT_EQ(get("/api/v1/builds/2/steps/0/log", headers).status, 404U);
    EXPECT_EQ(get("/api/v1/builds/1/steps/0/log?offset=x", headers).status, 400U);
    EXPECT_EQ(
        get("/api/v1/builds/1/steps/0/log",
            {{"accept", "text/event-stream"}, {"last-event-id", "x"}})
            .status,
        400U
    );
    EXPECT_EQ(get("/api/v1/builds/1/steps/0/log", {{"accept", "text/plain"}}).body, "");
}

}  // namespace
}  // namespace slipway::api
