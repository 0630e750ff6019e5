#include "core/base/result.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

class ReportsTest : public ApiTest {
protected:
    void with_gitlab() {
        config::Config config = config_.current();
        config.repositories[0].gitlab = {.url = "https://g", .token = config::Secret("t")};
        config_.replace(std::move(config));
    }

    static nlohmann::json merge_event(const std::string& action) {
        return {
            {"object_kind", "merge_request"},
            {"project", {{"path_with_namespace", "platform/images"}}},
            {"object_attributes",
             {{"iid", 7},
              {"action", action},
              {"target_branch", "main"},
              {"last_commit", {{"id", std::string(40, 'a')}}}}},
        };
    }

    http::Response deliver(const nlohmann::json& event) {
        return post("/webhooks/gitlab", event.dump(), {{"x-gitlab-token", "secret"}});
    }

    nlohmann::json reports(const std::string& query = "") {
        return nlohmann::json::parse(get("/api/v1/reports" + query, writer).body)["reports"];
    }
};

TEST_F(ReportsTest, AMergeRequestIsOwedAPlan) {
    with_gitlab();
    const http::Response answer = deliver(merge_event("open"));
    EXPECT_EQ(answer.status, 202U) << answer.body;
    EXPECT_TRUE(nlohmann::json::parse(answer.body)["build"].is_null());
    const nlohmann::json shown = reports("?state=due&repository=images");
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown[0]["kind"], "merge_plan");
    EXPECT_EQ(shown[0]["key"], "7");
    EXPECT_EQ(shown[0]["state"], "due");
    EXPECT_TRUE(shown[0]["build"].is_null());
    EXPECT_FALSE(shown[0].contains("body"));
    const auto report = done(store_->claim_reports("here", 1)).at(0);
    nlohmann::json body = nlohmann::json::parse(report.body);
    EXPECT_TRUE(parse_traceparent(std::string(body["traceparent"])));
    body.erase("traceparent");
    EXPECT_EQ(
        body, (nlohmann::json{{"number", 7}, {"commit", std::string(40, 'a')}, {"target", "main"}})
    );
}

TEST_F(ReportsTest, AMergeRequestThatChangesNoPlanIsIgnored) {
    EXPECT_EQ(deliver(merge_event("open")).status, 200U);
    with_gitlab();
    const http::Response answer = deliver(merge_event("merge"));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_TRUE(answer.body.contains("merge request !7 is not planned anew"));
    EXPECT_EQ(reports().size(), 0U);
}

TEST_F(ReportsTest, AMergeRequestIsNotReplayedAsAPush) {
    with_gitlab();
    const auto answer = nlohmann::json::parse(deliver(merge_event("open")).body);
    const std::string path =
        "/api/v1/deliveries/" + std::to_string(answer["delivery"].get<int>()) + "/replay";
    EXPECT_EQ(post(path, "", writer).status, 409U);
}

TEST_F(ReportsTest, ArePagesOfWhatIsAskedFor) {
    with_gitlab();
    deliver(merge_event("open"));
    EXPECT_EQ(reports("?state=sent").size(), 0U);
    EXPECT_EQ(reports("?repository=other").size(), 0U);
    EXPECT_EQ(get("/api/v1/reports?state=lost", writer).status, 400U);
    EXPECT_EQ(get("/api/v1/reports?limit=x", writer).status, 400U);
    const auto page = nlohmann::json::parse(get("/api/v1/reports?limit=1", writer).body);
    EXPECT_TRUE(page["next"].is_string());
}

TEST_F(ReportsTest, AHookThatNobodyAskedForIsNotKnown) {
    const auto shown = nlohmann::json::parse(get("/api/v1/repositories/images/hook", writer).body);
    EXPECT_EQ(shown["repository"], "images");
    EXPECT_TRUE(shown["hook"].is_null());
    EXPECT_TRUE(shown["asked"].is_null());
    EXPECT_EQ(get("/api/v1/repositories/none/hook", writer).status, 404U);
}

}  // namespace
}  // namespace slipway::api
