#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using model::StepState;

class BuildActions : public ApiTest {
protected:
    /// Build 1: python is being built, web and worker have not begun.
    void have_a_build_at_work() {
        push('a', 'b');
        plan({step(0, "python"), step(1, "web"), step_on(2, "worker", 1)});
        work({StepState::building});
    }

    /// Build 1: python failed, and web with it.
    void have_a_failed_build() {
        push('a', 'b');
        plan({step(0, "python"), step_on(1, "web", 0)});
        work({StepState::building, StepState::failed}, "exit code 2");
    }

    nlohmann::json build(int id) { return json(get("/api/v1/builds/" + std::to_string(id))); }
};

TEST_F(BuildActions, CancelEndsAQueuedRequest) {
    queue("images");
    const http::Response response = post("/api/v1/builds/1/cancel", "", writer);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(json(response), nlohmann::json({{"build", 1}, {"state", "cancelled"}}));
    EXPECT_EQ(build(1)["state"], "cancelled");
    EXPECT_EQ(build(1)["error"], "by a request to the API");
    EXPECT_EQ(woken_, 1);
    EXPECT_EQ(stopped_, 1);
}

TEST_F(BuildActions, CancelLeavesAQueuedPushToBePlanned) {
    push('a', 'b');
    const http::Response response = post("/api/v1/builds/1/cancel", "", writer);
    EXPECT_EQ(json(response), nlohmann::json({{"build", 1}, {"state", "running"}}));
    EXPECT_EQ(build(1)["error"], "by a request to the API");
    plan({step(0, "python")});
    EXPECT_EQ(build(1)["state"], "cancelled");
    EXPECT_EQ(build(1)["steps"][0]["state"], "cancelled");
}

TEST_F(BuildActions, CancelStopsWhatRunsAndCancelsTheRest) {
    have_a_build_at_work();
    const http::Response response = post("/api/v1/builds/1/cancel", "", writer);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(json(response)["state"], "running");
    EXPECT_EQ(build(1)["steps"][0]["state"], "building");
    EXPECT_EQ(build(1)["steps"][1]["state"], "cancelled");
    EXPECT_EQ(build(1)["steps"][2]["state"], "cancelled");
    EXPECT_EQ(stopped_, 1);
    const store::Orders orders = done(store_->heartbeat(worker()));
    ASSERT_EQ(orders.stop.size(), 1U);
    EXPECT_EQ(orders.stop[0], (store::StepKey{BuildId{1}, 0}));
}

TEST_F(BuildActions, DryRunOfACancelTellsAndChangesNothing) {
    have_a_build_at_work();
    const nlohmann::json before = build(1);
    const http::Response response = post("/api/v1/builds/1/cancel?dry_run=1", "", writer);
    EXPECT_EQ(response.status, 200U);
    const nlohmann::json told = json(response);
    EXPECT_EQ(told["dry_run"], true);
    EXPECT_EQ(told["build"], 1);
    EXPECT_EQ(told["state"], "running");
    EXPECT_EQ(told["stopped"][0]["folder"], "python");
    EXPECT_EQ(told["cancelled"].size(), 2U);
    EXPECT_EQ(told["cancelled"][0]["folder"], "web");
    EXPECT_EQ(told["cancelled"][1]["state"], "waiting");
    EXPECT_EQ(build(1), before);
    EXPECT_EQ(woken_ + stopped_, 0);
    EXPECT_EQ(post("/api/v1/builds/1/cancel?dry_run=perhaps", "", writer).status, 400U);
    EXPECT_EQ(build(1), before);
}

TEST_F(BuildActions, CancelOfWhatIsOverIs409) {
    have_a_failed_build();
    for (const std::string query : {"", "?dry_run=1"}) {
        const http::Response response = post("/api/v1/builds/1/cancel" + query, "", writer);
        EXPECT_EQ(response.status, 409U);
        EXPECT_EQ(json(response)["type"], "urn:slipway:problem:conflict");
    }
    EXPECT_EQ(stopped_, 0);
}

TEST_F(BuildActions, UnknownBuildIs404) {
    for (const std::string path :
         {"7/cancel", "7/cancel?dry_run=1", "x/cancel", "7/retry", "x/retry"}) {
        EXPECT_EQ(post("/api/v1/builds/" + path, "", writer).status, 404U) << path;
    }
}

TEST_F(BuildActions, RetryQueuesWhatFailedAndWhatWasSkipped) {
    have_a_failed_build();
    const http::Response response = post("/api/v1/builds/1/retry", "", writer);
    EXPECT_EQ(response.status, 202U);
    EXPECT_EQ(header(response, "Location"), "/api/v1/builds/2");
    const nlohmann::json again = json(response);
    EXPECT_EQ(again["trigger"], "manual");
    EXPECT_EQ(again["ref"], "refs/heads/main");
    EXPECT_TRUE(again["after"].is_null());
    EXPECT_EQ(again["folders"], nlohmann::json({"python", "web"}));
    EXPECT_EQ(woken_, 1);
}

TEST_F(BuildActions, RetryWithTheSameKeyIsTheSameBuild) {
    have_a_failed_build();
    const Headers headers = {{"authorization", "Bearer writer"}, {"idempotency-key", "k"}};
    EXPECT_EQ(json(post("/api/v1/builds/1/retry", "", headers))["id"], 2);
    EXPECT_EQ(json(post("/api/v1/builds/1/retry", "", headers))["id"], 2);
    EXPECT_EQ(json(post("/api/v1/builds/1/retry", "", writer))["id"], 3);
}

TEST_F(BuildActions, DryRunOfARetryTellsTheRequest) {
    have_a_failed_build();
    const http::Response response = post("/api/v1/builds/1/retry?dry_run=1", "", writer);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(json(response)["request"]["folders"], nlohmann::json({"python", "web"}));
    EXPECT_EQ(get("/api/v1/builds/2").status, 404U);
    EXPECT_EQ(woken_, 0);
}

TEST_F(BuildActions, RetryWaitsAsARequestDoes) {
    have_a_failed_build();
    stop_.request();
    EXPECT_EQ(post("/api/v1/builds/1/retry?wait=30", "", writer).status, 504U);
    EXPECT_EQ(post("/api/v1/builds/1/retry?wait=x", "", writer).status, 400U);
}

TEST_F(BuildActions, CancelWithAKeyMayBeSentAgain) {
    const Headers keyed = {{"authorization", "Bearer writer"}, {"idempotency-key", "k"}};
    queue("images");
    const http::Response first = post("/api/v1/builds/1/cancel", "", keyed);
    EXPECT_EQ(first.status, 200U);
    const http::Response again = post("/api/v1/builds/1/cancel", "", keyed);
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(post("/api/v1/builds/1/cancel", "", writer).status, 409U);
    EXPECT_EQ(
        post(
            "/api/v1/builds/1/cancel",
            "",
            {{"authorization", "Bearer writer"}, {"idempotency-key", std::string(256, 'k')}}
        ).status,
        400U
    );
}

TEST_F(BuildActions, CancelWithAKeyOfWhatEndedOtherwiseIs409) {
    have_a_failed_build();
    EXPECT_EQ(
        post(
            "/api/v1/builds/1/cancel",
            "",
            {{"authorization", "Bearer writer"}, {"idempotency-key", "k"}}
        )
            .status,
        409U
    );
}

TEST_F(BuildActions, RetryOfWhatHasNotEndedIs409) {
    push('a', 'b');
    EXPECT_EQ(post("/api/v1/builds/1/retry", "", writer).status, 409U);
    EXPECT_EQ(post("/api/v1/builds/1/retry?dry_run=1", "", writer).status, 409U);
}

TEST_F(BuildActions, RetryInARepositoryThatIsGoneIs409) {
    have_a_failed_build();
    config::Config config = config_.current();
    config.repositories.erase(config.repositories.begin());
    config_.replace(std::move(config));
    EXPECT_EQ(post("/api/v1/builds/1/retry", "", writer).status, 409U);
    EXPECT_EQ(woken_, 0);
}

}  // namespace
}  // namespace slipway::api
