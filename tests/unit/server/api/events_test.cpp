#include "core/model/build_state.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"
#include "tests/unit/server/api/stream.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

using model::StepState;

class Events : public ApiTest {
protected:
    Events() {
        config::Config config = config_.current();
        config.limits.requests_per_second = 0;
        config_.replace(std::move(config));
    }

    StreamReader read(const Headers& headers = {}) {
        return {context_, get("/api/v1/events", headers)};
    }

    void options(const BoardOptions& options) {
        board_options_ = options;
        use(*store_);
    }

    /// Something to tell of: one event.
    void change_engine(bool draining) { engines_.change("one", {.draining = draining}); }
};

TEST_F(Events, BeginWithTheStatus) {
    queue("images");
    http::Response response = get("/api/v1/events");
    EXPECT_EQ(response.content_type, "text/event-stream");
    EXPECT_EQ(header(response, "X-Accel-Buffering"), "no");
    const ReadEvent first = StreamReader(context_, std::move(response)).next();
    EXPECT_EQ(first.kind, "snapshot");
    EXPECT_TRUE(first.id.ends_with("-0")) << first.id;
    EXPECT_EQ(first.data, json(get("/api/v1/status")));
}

TEST_F(Events, TellHowABuildComesAndGoes) {
    StreamReader reader = read();
    EXPECT_EQ(reader.next().kind, "snapshot");
    push('a', 'b');
    const auto pushed = reader.next(2);
    EXPECT_EQ(pushed[0].kind, "delivery");
    EXPECT_EQ(pushed[0].data["build"], 1);
    EXPECT_EQ(pushed[1].kind, "build");
    EXPECT_EQ(pushed[1].data["state"], "queued");
    plan({step(0, "python")});
    const auto planned = reader.next(4);
    EXPECT_EQ(planned[0].data["state"], "running");
    EXPECT_EQ(planned[1].kind, "step");
    EXPECT_EQ(planned[1].data["build"], 1);
    EXPECT_EQ(planned[2].kind, "image");
    EXPECT_EQ(planned[2].data["folder"], "python");
    EXPECT_EQ(planned[3].kind, "owed");
    EXPECT_EQ(planned[3].data["owed"], 1);
    work({StepState::building, StepState::built, StepState::pushing, StepState::pushed});
    const auto done = reader.next(4);
    EXPECT_EQ(done[0].data["state"], "succeeded");
    EXPECT_EQ(done[1].kind, "step");
    EXPECT_EQ(done[1].data["state"], "pushed") << "though the build is not among those that run";
    EXPECT_EQ(done[2].data["state"], "pushed");
    EXPECT_EQ(done[3].data["owed"], 0);
}

TEST_F(Events, TellOfDeliveriesThatMakeNoBuild) {
    StreamReader reader = read();
    EXPECT_EQ(reader.next().kind, "snapshot");
    const std::string body = R"({"object_kind": "push", "ref": "refs/heads/other", "before": ")" +
                             std::string(40, 'a') + R"(", "after": ")" + std::string(40, 'b') +
                             R"(", "project": {"path_with_namespace": "platform/images"}})";
    EXPECT_EQ(post("/webhooks/gitlab", body, {{"x-gitlab-token", "secret"}}).status, 200U);
    const ReadEvent event = reader.next();
    EXPECT_EQ(event.kind, "delivery");
    EXPECT_TRUE(event.data["build"].is_null());
}

TEST_F(Events, GoOnBehindTheLastId) {
    StreamReader reader = read();
    EXPECT_EQ(reader.next().kind, "snapshot");
    change_engine(true);
    const ReadEvent seen = reader.next();
    EXPECT_EQ(seen.kind, "engine");
    EXPECT_EQ(seen.data["draining"], true);
    change_engine(false);
    queue("images");
    EXPECT_EQ(reader.next().kind, "build");
    StreamReader again = read({{"last-event-id", seen.id}});
    EXPECT_EQ(again.next().kind, "build");
    EXPECT_EQ(again.next().data["draining"], false);
}

TEST_F(Events, BeginAnewForAnIdOfAnotherProcess) {
    StreamReader reader = read({{"last-event-id", "1-1"}});
    EXPECT_EQ(reader.next().kind, "snapshot");
}

TEST_F(Events, ReachEveryReader) {
    StreamReader one = read();
    StreamReader other = read();
    EXPECT_EQ(one.next().kind, "snapshot");
    EXPECT_EQ(other.next().kind, "snapshot");
    change_engine(true);
    EXPECT_EQ(one.next().id, other.next().id);
}

TEST_F(Events, EndForWhoIsTooSlow) {
    StreamReader slow = read();
    EXPECT_EQ(slow.next().kind, "snapshot");
    StreamReader fast = read();
    EXPECT_EQ(fast.next().kind, "snapshot");
    for (int i = 0; i < 5000; ++i) {
        change_engine(i % 2 == 0);
        ASSERT_EQ(get("/api/v1/status").status, 200U);
        fast.next();
    }
    const ReadEvent end = slow.next();
    EXPECT_EQ(end.kind, "end");
    EXPECT_EQ(end.data["reason"], "slow");
    slow.next();
    EXPECT_TRUE(slow.is_over());
}

TEST_F(Events, EndWithTheDaemon) {
    StreamReader reader = read();
    EXPECT_EQ(reader.next().kind, "snapshot");
    board_->close();
    const ReadEvent end = reader.next();
    EXPECT_EQ(end.kind, "end");
    EXPECT_EQ(end.data["reason"], "shutdown");
    reader.next();
    EXPECT_TRUE(reader.is_over());
    EXPECT_EQ(get("/api/v1/events").status, 503U);
}

TEST_F(Events, AreQuietOnlyForAWhile) {
    options({.least_pause = {}, .heartbeat = std::chrono::milliseconds(1)});
    StreamReader reader = read();
    EXPECT_EQ(reader.next().kind, "snapshot");
    EXPECT_EQ(reader.next_or_comment().kind, "");
    EXPECT_FALSE(reader.is_over());
}

TEST_F(Events, HaveSoManyReadersAndNoMore) {
    options({.least_pause = {}, .most_readers = 1});
    {
        const StreamReader reader = read();
        const http::Response refused = get("/api/v1/events");
        EXPECT_EQ(refused.status, 503U);
        EXPECT_EQ(header(refused, "Retry-After"), "5");
    }
    EXPECT_EQ(get("/api/v1/events").status, 200U) << "its place is free again";
}

TEST_F(Events, LookAgainWhereOthersWrite) {
    options({.oldest = std::chrono::milliseconds(0), .least_pause = {}});
    const std::string first = header(get("/api/v1/status"), "ETag");
    EXPECT_EQ(get("/api/v1/status", {{"if-none-match", first}}).status, 304U);
}

TEST_F(Events, StatusWaitsForAChange) {
    const std::string tag = header(get("/api/v1/status"), "ETag");
    EXPECT_EQ(get("/api/v1/status?wait=1", {{"if-none-match", tag}}).status, 304U);
    EXPECT_EQ(get("/api/v1/status?wait=30").status, 200U) << "who knows nothing need not wait";
    // Posted twice, so that the request has looked once before.
    net::post(context_, [this] { net::post(context_, [this] { change_engine(true); }); });
    EXPECT_EQ(get("/api/v1/status?wait=30", {{"if-none-match", tag}}).status, 200U);
    EXPECT_EQ(get("/api/v1/status?wait=x").status, 400U);
    EXPECT_EQ(get("/api/v1/status?wait=301").status, 400U);
}

}  // namespace
}  // namespace slipway::api
