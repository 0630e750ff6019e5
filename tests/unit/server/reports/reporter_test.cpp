#include "server/reports/reporter.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/signature.hpp"
#include "server/base/metrics.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/store/report.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::reports {
namespace {

using namespace std::chrono_literals;
using test::http_answer;

class ReporterTest : public testing::Test {
public:
    ReporterTest(const ReporterTest&) = delete;
    ReporterTest& operator=(const ReporterTest&) = delete;
    ReporterTest(ReporterTest&&) = delete;
    ReporterTest& operator=(ReporterTest&&) = delete;

    ~ReporterTest() override { blocking_.join(); }

protected:
    ReporterTest() {
        config::Config config;
        config.public_url = "https://slipway.example";
        config::Repository repository;
        repository.name = "images";
        repository.project = "7";
        repository.gitlab = {
            .url = "http://" + server_.address(), .token = config::Secret("gitlab-token")
        };
        config.repositories = {repository};
        config.notifications = {
            {.url = "http://" + server_.address() + "/hook",
             .signing_key = config::Secret(signing_key)}
        };
        config_.replace(config);
        server_.on("POST /api/v4/projects/7/statuses", {ok()});
        server_.on("POST /hook", {ok()});
        server_.on("GET /api/v4/user", {http_answer("200 OK", {}, R"({"id":5})")});
    }

    template <class T>
    T get(net::awaitable<Result<T>> work) {
        Result<T> result = test::run_coroutine(context_, std::move(work));
        if (!result) {
            throw std::runtime_error(result.error().message);
        }
        if constexpr (!std::is_void_v<T>) {
            return *std::move(result);
        }
    }

    static std::string ok() { return http_answer("201 Created", {}, "{}"); }

    /// A build of one image, which is planned.
    BuildId planned() {
        store::NewBuild build;
        build.repository = "images";
        build.ref = "refs/heads/main";
        build.before = std::string(40, 'a');
        build.after = commit;
        build.reports = {.statuses = true, .events = true};
        build.trace = trace;
        const BuildId id = get(store_->request(build, "")).build.value();
        get(store_->claim_build(worker_));
        store::Step step;
        step.folder = "web";
        step.image = "r/web:1";
        step.references = {"r/web:1"};
        step.state = model::StepState::ready;
        store::PlanRecord plan{build.before, commit, "{}", {step}, "tree", true};
        plan.reports = build.reports;
        get(store_->record_plan(worker_, id, plan));
        return id;
    }

    void pushed() {
        auto claimed = get(store_->claim_steps(worker_, 1)).at(0);
        using enum model::StepState;
        for (const auto state : {building, built, pushing, model::StepState::pushed}) {
            claimed.step.state = state;
            get(store_->update_step(worker_, claimed.build.id, claimed.step));
        }
    }

    /// Tries all that is due; how many reports that were.
    int send_all() {
        int sent = 0;
        while (test::run_coroutine(context_, send_one())) {
            ++sent;
        }
        return sent;
    }

    net::awaitable<bool> send_one() { co_return co_await reporter_.send_one(); }

    std::vector<std::string> bodies_of(const std::string& part) {
        std::vector<std::string> bodies;
        for (const auto& request : server_.requests()) {
            if ((request.method + " " + request.target).contains(part)) {
                bodies.push_back(request.body);
            }
        }
        return bodies;
    }

    static std::string note(int id) {
        return R"({"id":)" + std::to_string(id) +
               R"(,"author":{"id":5},"body":"<!-- slipway:plan images -->\nold"})";
    }

    /// The trace ids that requests have, and how many of them differ in their span.
    std::pair<std::set<std::string>, std::size_t> traces() {
        std::set<std::string> ids;
        std::set<std::string> spans;
        for (const auto& request : server_.requests()) {
            const auto found = request.headers.find("traceparent");
            const auto sent =
                parse_traceparent(found == request.headers.end() ? "" : found->second);
            ids.insert(sent ? sent->trace_id : "none");
            spans.insert(sent ? sent->parent_id : "none");
        }
        return {ids, spans.size()};
    }

    std::vector<store::Report> in(store::ReportState state) {
        store::ReportQuery query;
        query.state = state;
        return get(store_->reports(query));
    }

    void merge_request(const std::string& body) {
        store::NewDelivery delivery;
        delivery.repository = "images";
        delivery.report = store::NewReport{store::ReportKind::merge_plan, "images", "3", body};
        get(store_->accept(delivery));
    }

    const std::string commit = std::string(40, 'b');
    const TraceContext trace =
        parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").value();
    const std::string signing_key = "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=";

    net::io_context context_;
    test::TempFolder folder_;
    test::ManualClock clock_;
    net::thread_pool blocking_{2};
    test::ScriptedRegistry server_;
    std::unique_ptr<store::Store> store_ =
        store::open_sqlite_store(folder_ / "store.db", blocking_, clock_).value();
    WorkerId worker_ = get(store_->register_worker("here"));
    config::LiveConfig config_{config::Config{}};
    Metrics metrics_;
    gitlab::GitlabClient gitlab_;
    Result<factory::MergePlan> plan_ = factory::MergePlan();
    bool throws_ = false;  ///< who plans
    Reporter reporter_{
        context_.get_executor(),
        {config_,
         *store_,
         gitlab_,
         clock_,
         metrics_,
         [this](std::string, factory::MergeRequest request)
             -> net::awaitable<Result<factory::MergePlan>> {
             if (throws_) {
                 throw std::bad_alloc();
             }
             if (plan_) {
                 plan_->commit = request.commit;
                 plan_->target_branch = request.target_branch;
             }
             co_return plan_;
         },
         "here",
         std::chrono::seconds(1),
         0ms}
    };
};

TEST_F(ReporterTest, TellsHowBuildAndImagesStand) {
    planned();
    EXPECT_EQ(send_all(), 2);
    EXPECT_EQ(
        bodies_of("statuses/" + commit),
        (std::vector<std::string>{
            "state=running&name=slipway&ref=main&description=1%20image&target_url="
            "https%3A%2F%2Fslipway.example%2Fbuilds%2F1",
            "state=pending&name=slipway%2Fweb&ref=main&description=ready%20r%2Fweb%3A1&target_url="
            "https%3A%2F%2Fslipway.example%2Fbuilds%2F1%2Fsteps%2F0"
        })
    );
    EXPECT_EQ(send_all(), 0);
}

TEST_F(ReporterTest, TellsEverybodyWhichTraceTheBuildIsPartOf) {
    planned();
    pushed();
    send_all();
    const std::size_t requests = server_.requests().size();
    EXPECT_GE(requests, 4U) << "two statuses, two notifications";
    EXPECT_EQ(traces(), std::pair(std::set<std::string>{trace.trace_id}, requests));
    const auto event = nlohmann::json::parse(bodies_of("/hook").at(0));
    EXPECT_EQ(event["traceparent"], to_string(trace));
}

TEST_F(ReporterTest, APlansRequestsArePartOfItsMergeRequestsTrace) {
    server_.on("GET /api/v4/projects/7/merge_requests/3/notes", {http_answer("200 OK", {}, "[]")});
    server_.on("POST /api/v4/projects/7/merge_requests/3/notes", {ok()});
    merge_request(
        R"({"number":3,"commit":"c0ffee","target":"main","traceparent":")" + to_string(trace) +
        R"("})"
    );
    send_all();
    EXPECT_EQ(
        traces(), std::pair(std::set<std::string>{trace.trace_id}, server_.requests().size())
    );
}

TEST_F(ReporterTest, TellsOnlyTheNewest) {
    planned();
    pushed();
    send_all();
    const auto bodies = bodies_of("statuses/");
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_TRUE(bodies[0].starts_with("state=success&name=slipway&"));
    EXPECT_TRUE(bodies[1].starts_with("state=success&name=slipway%2Fweb&"));
}

TEST_F(ReporterTest, NotifiesOnceOfEachEventAndSigns) {
    const BuildId build = planned();
    pushed();
    EXPECT_EQ(send_all(), 6);
    const auto sent = bodies_of("POST /hook");
    ASSERT_EQ(sent.size(), 2U);
    const auto event = nlohmann::json::parse(sent[0]);
    EXPECT_EQ(event["specversion"], "1.0");
    EXPECT_EQ(event["type"], "image.pushed");
    EXPECT_EQ(event["source"], "https://slipway.example/repositories/images");
    EXPECT_EQ(event["subject"], "r/web:1");
    EXPECT_EQ(event["data"]["build"], build.value);
    EXPECT_EQ(event["data"]["commit"], commit);
    EXPECT_EQ(event["data"]["references"], (std::vector<std::string>{"r/web:1"}));
    EXPECT_EQ(nlohmann::json::parse(sent[1])["type"], "build.finished");
    for (const auto& request : server_.requests()) {
        if (request.target == "/hook") {
            const wire::SignatureHeaders headers{
                .id = request.headers.at("webhook-id"),
                .timestamp = request.headers.at("webhook-timestamp"),
                .signature = request.headers.at("webhook-signature"),
            };
            const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
            EXPECT_EQ(
                wire::verify_signature(*wire::signing_key(signing_key), headers, request.body, now),
                wire::SignatureVerdict::valid
            );
            EXPECT_EQ(headers.id, nlohmann::json::parse(request.body)["id"]);
        }
    }
}

TEST_F(ReporterTest, ANotificationKeepsItsIdAndIsTriedAgain) {
    server_.on("POST /hook", {http_answer("500 Internal Server Error", {}), ok()});
    planned();
    pushed();
    send_all();
    clock_.advance(1min);
    send_all();
    const auto sent = bodies_of("POST /hook");
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[0], sent[2]);
    EXPECT_TRUE(in(store::ReportState::due).empty());
}

TEST_F(ReporterTest, AReceiverThatIsGoneIsGivenUp) {
    server_.on("POST /hook", {http_answer("410 Gone", {})});
    planned();
    pushed();
    send_all();
    const auto dead = in(store::ReportState::dead);
    ASSERT_EQ(dead.size(), 2U);
    EXPECT_EQ(dead[0].error, "notifying " + server_.address() + ": it answered 410 Gone");
}

TEST_F(ReporterTest, WhatGitLabAsksForIsObeyed) {
    server_.on(
        "POST /api/v4/projects/7/statuses",
        {http_answer("429 Too Many Requests", {"Retry-After: 30"}), ok()}
    );
    planned();
    EXPECT_EQ(send_all(), 2);
    EXPECT_EQ(bodies_of("statuses").size(), 1U);  // the second one was held back
    for (const store::Report& report : in(store::ReportState::due)) {
        EXPECT_EQ(report.due, clock_.now() + 30s);
    }
    clock_.advance(30s);
    EXPECT_EQ(send_all(), 2);
    EXPECT_TRUE(in(store::ReportState::due).empty());
}

TEST_F(ReporterTest, WhatIsNotWantedAnyMoreIsDropped) {
    planned();
    pushed();
    config_.replace(config::Config{});
    EXPECT_EQ(send_all(), 4);
    EXPECT_TRUE(server_.requests().empty());
    EXPECT_TRUE(in(store::ReportState::due).empty());
}

TEST_F(ReporterTest, WritesAPlanOnceAndUpdatesIt) {
    const std::string notes = "/api/v4/projects/7/merge_requests/3/notes";
    server_.on(
        "GET " + notes,
        {http_answer("200 OK", {}, "[]"), http_answer("200 OK", {}, "[" + note(9) + "]")}
    );
    server_.on("POST " + notes, {ok()});
    server_.on("PUT " + notes, {ok()});
    merge_request(R"({"number":3,"commit":")" + commit + R"(","target":"main"})");
    EXPECT_EQ(send_all(), 1);
    merge_request(R"({"number":3,"commit":")" + std::string(40, 'c') + R"(","target":"main"})");
    EXPECT_EQ(send_all(), 1);
    EXPECT_EQ(bodies_of("POST " + notes).size(), 1U);
    EXPECT_EQ(bodies_of("PUT " + notes + "/9").size(), 1U);
    EXPECT_TRUE(bodies_of("POST " + notes)[0].contains("slipway%3Aplan%20images"));
    EXPECT_EQ(bodies_of("statuses/" + commit).size(), 1U);
    EXPECT_EQ(bodies_of("statuses/" + std::string(40, 'c')).size(), 1U);
}

TEST_F(ReporterTest, APlanThatFoundNoMemoryIsTriedAgain) {
    throws_ = true;
    merge_request(R"({"number":3,"commit":")" + commit + R"(","target":"main"})");
    EXPECT_EQ(send_all(), 1);
    ASSERT_EQ(in(store::ReportState::due).size(), 1U);
    EXPECT_TRUE(in(store::ReportState::due)[0].error.contains("not enough memory"));
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ReporterTest, ANoteThatWasOnItsWayIsDeleted) {
    const std::string notes = "/api/v4/projects/7/merge_requests/3/notes";
    server_.on("GET " + notes, {http_answer("200 OK", {}, "[" + note(9) + "," + note(12) + "]")});
    server_.on("PUT " + notes, {ok()});
    server_.on("DELETE " + notes, {http_answer("204 No Content", {})});
    merge_request(R"({"number":3,"commit":")" + commit + R"(","target":"main"})");
    EXPECT_EQ(send_all(), 1);
    EXPECT_EQ(bodies_of("PUT " + notes + "/9").size(), 1U);
    EXPECT_EQ(bodies_of("DELETE " + notes + "/12").size(), 1U);
    EXPECT_EQ(bodies_of("DELETE " + notes).size(), 1U);
}

TEST_F(ReporterTest, AMergeThatIsTooLargeIsTold) {
    const std::string notes = "/api/v4/projects/7/merge_requests/3/notes";
    server_.on("GET " + notes, {http_answer("200 OK", {}, "[]")});
    server_.on("POST " + notes, {ok()});
    plan_ = fail(ErrorCode::too_large, "there are more than a million paths");
    merge_request(R"({"number":3,"commit":")" + commit + R"(","target":"main"})");
    EXPECT_EQ(send_all(), 1);
    EXPECT_TRUE(bodies_of("POST " + notes).at(0).contains("a%20million%20paths"));
    EXPECT_EQ(bodies_of("statuses/" + commit).size(), 1U);
}

TEST_F(ReporterTest, ARemoteThatIsAwayIsAskedAgain) {
    plan_ = fail(ErrorCode::unavailable, "the remote is away");
    merge_request(R"({"number":3,"commit":"x","target":"main"})");
    EXPECT_EQ(send_all(), 1);
    EXPECT_TRUE(server_.requests().empty());
    EXPECT_EQ(in(store::ReportState::due).at(0).error, "the remote is away");
}

}  // namespace
}  // namespace slipway::reports
