#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "tests/support/unavailable_store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

class Routes : public ApiTest {
protected:
    /// A running build with one step.
    BuildId plan_one() {
        queue("images");
        return plan({step(0, "python")});
    }

    static std::vector<int> ids(const nlohmann::json& list) {
        std::vector<int> ids;
        for (const auto& build : list["builds"]) {
            ids.push_back(build["id"]);
        }
        return ids;
    }

    /// As the factory would: takes the build that was queued and ends it.
    void end_builds_as(model::BuildState state) {
        worker();
        on_wake_ = [this, state] {
            net::co_spawn(context_, end_build(*store_, worker_, state), net::detached);
        };
    }

    static net::awaitable<void> end_build(
        store::Store& store, WorkerId worker, model::BuildState state
    ) {
        const auto build = co_await store.claim_build(worker);
        const auto finished = co_await store.finish(worker, (*build)->id, state, "");
        EXPECT_TRUE(finished);
    }
};

TEST_F(Routes, ProbesAndMetricsNeedNoToken) {
    config::Config closed = config_.current();
    closed.anonymous_read = false;
    config_.replace(std::move(closed));
    EXPECT_EQ(get("/healthz").body, "ok\n");
    EXPECT_EQ(get("/readyz").status, 200U);
    EXPECT_EQ(get("/metrics").status, 200U);
    for (const std::string path :
         {"/api/v1/status",
          "/api/v1/events",
          "/api/v1/builds",
          "/api/v1/builds/1",
          "/api/v1/builds/1/steps/0/log",
          "/api/v1/deliveries",
          "/api/v1/deliveries/1",
          "/api/v1/images",
          "/api/v1/images/images/python",
          "/api/v1/owed",
          "/api/v1/explain"}) {
        EXPECT_EQ(get(path).status, 401U) << path;
    }
}

TEST_F(Routes, RequestsNeedAWriteToken) {
    EXPECT_EQ(post("/api/v1/builds", R"({"repository": "images", "ref": "main"})").status, 401U);
    for (const std::string path :
         {"/api/v1/builds/1/cancel", "/api/v1/builds/1/retry", "/api/v1/deliveries/1/replay"}) {
        EXPECT_EQ(post(path, "").status, 401U) << path;
        EXPECT_EQ(post(path, "", {{"authorization", "Bearer reader"}}).status, 403U) << path;
    }
    EXPECT_EQ(woken_, 0);
}

TEST_F(Routes, NotReadyWhenNothingCanBeStored) {
    test::UnavailableStore full;
    use(full);
    EXPECT_EQ(get("/readyz").status, 503U);
    EXPECT_EQ(get("/healthz").status, 200U);
}

TEST_F(Routes, NotReadyWhenStopping) {
    stop_.request();
    const http::Response response = get("/readyz");
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(json(response)["type"], "urn:slipway:problem:stopping");
}

TEST_F(Routes, MetricsTellTheQueue) {
    plan_one();
    queue("images");
    queue("other");
    const http::Response response = get("/metrics");
    EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_TRUE(response.body.contains("slipway_builds_queued 2")) << response.body;
    EXPECT_TRUE(response.body.contains("slipway_builds_running 1"));
    EXPECT_TRUE(response.body.contains("slipway_owed_images 1"));
    EXPECT_TRUE(response.body.contains("slipway_queue_steps{state=\"ready\"} 1"));
    EXPECT_TRUE(response.body.contains("slipway_queue_steps{state=\"pushing\"} 0"));
    EXPECT_TRUE(response.body.contains("slipway_engine_slots{engine=\"one\"} 8"));
    EXPECT_TRUE(response.body.contains("slipway_engine_slots_used{engine=\"one\"} 0"));
    EXPECT_TRUE(
        response.body.contains("slipway_store_duration_seconds_count{operation=\"snapshot\"} 1")
    );
}

TEST_F(Routes, MetricsTellForHowLongTheQueueWaits) {
    plan_one();
    clock_.advance(std::chrono::seconds(10));
    queue("images");
    clock_.advance(std::chrono::seconds(5));
    const std::string body = get("/metrics").body;
    EXPECT_TRUE(body.contains("slipway_queue_age_seconds{state=\"ready\"} 15\n")) << body;
    EXPECT_TRUE(body.contains("slipway_builds_queue_age_seconds 5\n")) << body;
    EXPECT_TRUE(body.contains("slipway_queue_age_seconds{state=\"waiting\"} 0\n")) << body;
}

TEST_F(Routes, MetricsDoNotAskTheStoreForThePictureThatIsThere) {
    queue("images");
    get("/api/v1/status");
    get("/metrics");
    clock_.advance(std::chrono::seconds(5));
    const std::string body = get("/metrics").body;
    EXPECT_TRUE(body.contains("slipway_store_duration_seconds_count{operation=\"snapshot\"} 1\n"));
    EXPECT_TRUE(body.contains("slipway_builds_queue_age_seconds 5\n")) << "its age grows";
}

TEST_F(Routes, MetricsTellOfRegistriesThatAreLeftAlone) {
    config::Config config = config_.current();
    config.repositories[0].registry = "r.example:5000/team";
    config_.replace(std::move(config));
    api_->seen_registries = [] { return std::set<std::string>{"other.example"}; };
    api_->blocked_until = [this](const std::string& registry) {
        return registry == "other.example" ? std::optional(clock_.now()) : std::nullopt;
    };
    const std::string body = get("/metrics").body;
    EXPECT_TRUE(body.contains("slipway_registry_up{registry=\"r.example:5000\"} 1\n")) << body;
    EXPECT_TRUE(body.contains("slipway_registry_up{registry=\"other.example\"} 0\n")) << body;
}

TEST_F(Routes, MetricsCountABuildThatIsCancelledInTheQueue) {
    const BuildId build = queue("images");
    EXPECT_EQ(
        post("/api/v1/builds/" + std::to_string(build.value) + "/cancel", "", writer).status, 200U
    );
    const std::string body = get("/metrics").body;
    EXPECT_TRUE(body.contains("slipway_builds_total{result=\"cancelled\"} 1\n")) << body;
}

TEST_F(Routes, StatusShowsWhatRunsWaitsAndIsDone) {
    plan_one();
    queue("images");
    const http::Response response = get("/api/v1/status");
    EXPECT_EQ(response.status, 200U);
    const nlohmann::json status = json(response);
    EXPECT_EQ(status["repositories"][0]["name"], "images");
    EXPECT_EQ(status["repositories"][0]["project"], "platform/images");
    EXPECT_EQ(status["engines"][0]["name"], "one");
    EXPECT_EQ(status["engines"][0]["up"], true);
    EXPECT_TRUE(status["engines"][0]["version"].is_null());
    EXPECT_EQ(status["running"][0]["id"], 1);
    EXPECT_EQ(status["running"][0]["steps"][0]["state"], "ready");
    EXPECT_EQ(status["waiting"][0]["id"], 2);
    EXPECT_EQ(status["waiting_total"], 1);
    EXPECT_EQ(status["owed"], 1);
    EXPECT_EQ(status["images"][0]["folder"], "python");
    EXPECT_TRUE(status["finished"].empty());
}

TEST_F(Routes, StatusHasAnEtagThatChangesWithWhatItShows) {
    const std::string first = header(get("/api/v1/status"), "ETag");
    const http::Response same = get("/api/v1/status", {{"if-none-match", "\"x\", " + first}});
    EXPECT_EQ(same.status, 304U);
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(header(same, "ETag"), first);
    queue("images");
    const http::Response queued = get("/api/v1/status", {{"if-none-match", first}});
    EXPECT_EQ(queued.status, 200U);
    engines_.change("one", {.draining = true});
    const std::string second = header(queued, "ETag");
    EXPECT_EQ(get("/api/v1/status", {{"if-none-match", second}}).status, 200U);
}

TEST_F(Routes, StatusChangesWithTheConfiguration) {
    const std::string before = header(get("/api/v1/status"), "ETag");
    config_.replace(config_.current());
    EXPECT_EQ(get("/api/v1/status", {{"if-none-match", before}}).status, 304U) << "nothing changed";
    config::Config config = config_.current();
    config.repositories.pop_back();
    config_.replace(std::move(config));
    EXPECT_EQ(get("/api/v1/status", {{"if-none-match", before}}).status, 200U);
}

TEST_F(Routes, StoreThatIsAwayIs503) {
    test::UnavailableStore full;
    use(full);
    EXPECT_EQ(get("/api/v1/status").status, 503U);
    EXPECT_EQ(get("/api/v1/events").status, 503U);
    EXPECT_EQ(get("/api/v1/builds").status, 503U);
    EXPECT_EQ(get("/api/v1/builds/1").status, 503U);
    EXPECT_EQ(get("/api/v1/builds/1/steps/0/log").status, 503U);
    EXPECT_EQ(
        post("/api/v1/builds", R"({"repository": "images", "ref": "main"})", writer).status, 503U
    );
    for (const std::string path :
         {"/api/v1/deliveries",
          "/api/v1/deliveries/1",
          "/api/v1/images",
          "/api/v1/images/images/python",
          "/api/v1/owed",
          "/api/v1/explain?folder=python&build=1",
          "/api/v1/explain?folder=python&ref=main&repository=images"}) {
        EXPECT_EQ(get(path).status, 503U) << path;
    }
    for (const std::string path :
         {"/api/v1/builds/1/cancel", "/api/v1/builds/1/retry", "/api/v1/deliveries/1/replay"}) {
        EXPECT_EQ(post(path, "", writer).status, 503U) << path;
        EXPECT_EQ(post(path + "?dry_run=1", "", writer).status, 503U) << path;
    }
    EXPECT_EQ(woken_, 0);
    EXPECT_EQ(get("/metrics").status, 200U) << "metrics are told all the same";
}

TEST_F(Routes, ListGivesTheNewestFirstInPages) {
    for (int i = 0; i < 3; ++i) {
        queue("images");
    }
    const http::Response first = get("/api/v1/builds?limit=2");
    EXPECT_EQ(ids(json(first)), (std::vector<int>{3, 2}));
    const std::string next = json(first)["next"];
    EXPECT_EQ(next, "/api/v1/builds?limit=2&cursor=2");
    EXPECT_EQ(header(first, "Link"), "<" + next + ">; rel=\"next\"");
    const http::Response second = get(next);
    EXPECT_EQ(ids(json(second)), std::vector<int>{1});
    EXPECT_TRUE(json(second)["next"].is_null());
    EXPECT_EQ(header(second, "Link"), "");
    EXPECT_FALSE(json(second)["builds"][0].contains("steps"));
}

TEST_F(Routes, PagesKeepWhatWasAskedFor) {
    for (const std::string repository : {"images", "images", "other", "a b", "a b"}) {
        queue(repository);
    }
    const nlohmann::json page = json(get("/api/v1/builds?limit=1&repository=images&state=queued"));
    EXPECT_EQ(ids(page), std::vector<int>{2});
    EXPECT_EQ(ids(json(get(std::string(page["next"])))), std::vector<int>{1});
    const nlohmann::json blank = json(get("/api/v1/builds?limit=1&repository=a%20b"));
    EXPECT_EQ(ids(json(get(std::string(blank["next"])))), std::vector<int>{4});
    EXPECT_TRUE(ids(json(get("/api/v1/builds?state=running"))).empty());
}

TEST_F(Routes, QueryThatIsWrongIs400) {
    for (const std::string query :
         {"limit=0",
          "limit=-1",
          "limit=x",
          "limit=",
          "cursor=x",
          "cursor=1x",
          "state=nope",
          "limit=99999999999999999999"}) {
        EXPECT_EQ(get("/api/v1/builds?" + query).status, 400U) << query;
    }
    EXPECT_EQ(get("/api/v1/builds?limit=100000").status, 200U) << "more than a page is a page";
}

TEST_F(Routes, BuildIsShownWithPlanAndSteps) {
    const nlohmann::json build = json(get("/api/v1/builds/" + std::to_string(plan_one().value)));
    EXPECT_EQ(build["id"], 1);
    EXPECT_EQ(build["repository"], "images");
    EXPECT_EQ(build["state"], "running");
    EXPECT_EQ(build["created"], "2026-11-22T18:06:00.000Z");
    EXPECT_TRUE(build["finished"].is_null());
    EXPECT_TRUE(build["plan"].is_object());
    const nlohmann::json step = build["steps"][0];
    EXPECT_EQ(step["folder"], "python");
    EXPECT_EQ(step["reasons"][0]["kind"], "requested");
    EXPECT_TRUE(step["image_id"].is_null());
    EXPECT_EQ(step["priority"], "push");
    EXPECT_EQ(step["bases"], nlohmann::json::object());
    for (const char* const field : {"worker", "input_id", "not_before"}) {
        EXPECT_TRUE(step.at(field).is_null()) << field;
    }
}

TEST_F(Routes, StepShowsWhoHasItAndOnWhatItIsBuilt) {
    queue("images");
    store::Step cascade = step(0, "python");
    cascade.priority = store::StepPriority::cascade;
    const BuildId id = plan({cascade});
    store::Step claimed = done(store_->claim_steps(worker(), 1)).at(0).step;
    claimed.input_id = "f00";
    claimed.bases = {{"debian:12", "sha256:1"}};
    claimed.not_before = clock_.now();
    done(store_->release_step(worker(), id, claimed));
    const nlohmann::json shown = json(get("/api/v1/builds/1"))["steps"][0];
    EXPECT_EQ(shown["priority"], "cascade");
    EXPECT_EQ(shown["worker"], "test");
    EXPECT_EQ(shown["input_id"], "f00");
    EXPECT_EQ(shown["bases"]["debian:12"], "sha256:1");
    EXPECT_EQ(shown["not_before"], "2026-11-22T18:06:00.000Z");
}

TEST_F(Routes, NameThatIsNotUtf8IsShownAndNoFailure) {
    queue("images");
    plan({step(0, "pyth\xf6n")});
    EXPECT_EQ(json(get("/api/v1/builds/1"))["steps"][0]["folder"], "pyth\xef\xbf\xbdn");
    EXPECT_EQ(get("/api/v1/status").status, 200U);
}

TEST_F(Routes, UnknownBuildIs404) {
    for (const std::string id : {"7", "x", "-1", "1x", "99999999999999999999"}) {
        EXPECT_EQ(get("/api/v1/builds/" + id).status, 404U) << id;
        EXPECT_EQ(get("/api/v1/builds/" + id + "/steps/0/log").status, 404U) << id;
    }
}

TEST_F(Routes, LogIsTextFromAnOffset) {
    const BuildId id = plan_one();
    done(store_->append_log(id, 0, "hello\nworld\n"));
    const http::Response all = get("/api/v1/builds/1/steps/0/log");
    EXPECT_EQ(all.body, "hello\nworld\n");
    EXPECT_EQ(all.content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(header(all, "X-Next-Offset"), "12");
    EXPECT_EQ(get("/api/v1/builds/1/steps/0/log?offset=6").body, "world\n");
    EXPECT_EQ(header(get("/api/v1/builds/1/steps/0/log?offset=12"), "X-Next-Offset"), "12");
}

TEST_F(Routes, LogOfAStepThatIsNotThereIs404) {
    plan_one();
    for (const std::string step : {"1", "x", "-1", "4294967296"}) {
        EXPECT_EQ(get("/api/v1/builds/1/steps/" + step + "/log").status, 404U) << step;
    }
    EXPECT_EQ(get("/api/v1/builds/1/steps/0/log?offset=x").status, 400U);
}

TEST_F(Routes, RequestQueuesABuildAndWakesTheFactory) {
    const http::Response response = post(
        "/api/v1/builds",
        R"({"repository": "images", "ref": "main", "folders": ["python"]})",
        writer
    );
    EXPECT_EQ(response.status, 202U);
    EXPECT_EQ(header(response, "Location"), "/api/v1/builds/1");
    EXPECT_EQ(json(response)["state"], "queued");
    EXPECT_EQ(json(response)["trigger"], "manual");
    EXPECT_EQ(json(response)["folders"], nlohmann::json({"python"}));
    EXPECT_EQ(woken_, 1);
}

TEST_F(Routes, RequestWithTheSameKeyIsTheSameBuild) {
    const Headers headers = {{"authorization", "Bearer writer"}, {"idempotency-key", "k"}};
    const std::string body = R"({"repository": "images", "ref": "main"})";
    EXPECT_EQ(json(post("/api/v1/builds", body, headers))["id"], 1);
    EXPECT_EQ(json(post("/api/v1/builds", body, headers))["id"], 1);
    EXPECT_EQ(json(post("/api/v1/builds", body, writer))["id"], 2);
}

TEST_F(Routes, DryRunOfARequestQueuesNothing) {
    const auto response =
        post("/api/v1/builds?dry_run=1", R"({"repository": "images", "ref": "main"})", writer);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(json(response)["request"]["ref"], "refs/heads/main");
    EXPECT_TRUE(ids(json(get("/api/v1/builds"))).empty());
    EXPECT_EQ(woken_, 0);
}

TEST_F(Routes, RequestThatIsWrongIsRefusedInWords) {
    EXPECT_EQ(post("/api/v1/builds", "{", writer).status, 400U);
    EXPECT_EQ(
        post("/api/v1/builds", R"({"repository": "nope", "ref": "main"})", writer).status, 404U
    );
    for (const std::string wait : {"x", "3601", "-1"}) {
        const auto response = post(
            "/api/v1/builds?wait=" + wait, R"({"repository": "images", "ref": "main"})", writer
        );
        EXPECT_EQ(response.status, 400U) << wait;
    }
    EXPECT_EQ(woken_, 0);
}

TEST_F(Routes, WaitAnswers200WhenAllIsDone) {
    end_builds_as(model::BuildState::succeeded);
    const auto response =
        post("/api/v1/builds?wait=30", R"({"repository": "images", "ref": "main"})", writer);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(json(response)["state"], "succeeded");
}

TEST_F(Routes, WaitAnswers409WhenItFailed) {
    end_builds_as(model::BuildState::failed);
    const auto response =
        post("/api/v1/builds?wait=30", R"({"repository": "images", "ref": "main"})", writer);
    EXPECT_EQ(response.status, 409U);
    EXPECT_EQ(json(response)["state"], "failed");
}

TEST_F(Routes, WaitAnswers504WhenItIsNotDoneAndTheDaemonStops) {
    stop_.request();
    const auto response =
        post("/api/v1/builds?wait=30", R"({"repository": "images", "ref": "main"})", writer);
    EXPECT_EQ(response.status, 504U);
    EXPECT_EQ(header(response, "Location"), "/api/v1/builds/1");
}

}  // namespace
}  // namespace slipway::api
