#include "server/base/metrics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Whether the exposition has this very line.
testing::AssertionResult has(const Metrics& metrics, std::string_view line) {
    const std::string text = "\n" + metrics.exposition();
    if (text.find("\n" + std::string(line) + "\n") != std::string::npos) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << line << " is not in" << text;
}

TEST(Metrics, CountsRequestsAndTheirTime) {
    Metrics metrics;
    metrics.http_request("GET", "/api/v1/status", 200, microseconds(3000));
    metrics.http_request("GET", "/api/v1/status", 304, microseconds(20'000));
    EXPECT_TRUE(
        has(metrics,
            R"(slipway_http_requests_total{method="GET",route="/api/v1/status",status="200"} 1)")
    );
    const std::string name = "slipway_http_request_duration_seconds";
    const std::string route = R"(route="/api/v1/status")";
    EXPECT_TRUE(has(metrics, name + "_count{" + route + "} 2"));
    EXPECT_TRUE(has(metrics, name + "_bucket{" + route + R"(,le="0.005"} 1)"));
    EXPECT_TRUE(has(metrics, name + "_bucket{" + route + R"(,le="0.025"} 2)"));
    EXPECT_TRUE(has(metrics, name + "_bucket{" + route + R"(,le="10"} 2)"));
}

TEST(Metrics, TakesMethodsThatItDoesNotKnowTogether) {
    Metrics metrics;
    metrics.http_request("BREW", "/", 405, microseconds(1));
    metrics.http_request("get\"}", "/", 405, microseconds(1));
    EXPECT_TRUE(
        has(metrics, R"(slipway_http_requests_total{method="other",route="/",status="405"} 2)")
    );
}

TEST(Metrics, CountsDeliveriesBuildsStepsFetchesAndRetries) {
    Metrics metrics;
    metrics.delivery("accepted");
    metrics.build_finished("succeeded", milliseconds(90'000));
    metrics.step_finished("pushed");
    metrics.step_phase("push", milliseconds(4'000));
    metrics.planned(microseconds(700));
    metrics.fetched(true);
    metrics.fetched(false);
    metrics.retried("push");
    EXPECT_TRUE(has(metrics, R"(slipway_webhook_deliveries_total{outcome="accepted"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_builds_total{result="succeeded"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_build_duration_seconds_bucket{le="60"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_build_duration_seconds_bucket{le="300"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_build_duration_seconds_bucket{le="3600"} 1)"));
    EXPECT_TRUE(has(metrics, "slipway_build_duration_seconds_sum 90"));
    EXPECT_TRUE(has(metrics, R"(slipway_steps_total{result="pushed"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_step_duration_seconds_bucket{phase="push",le="5"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_plan_duration_seconds_bucket{le="0.005"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_mirror_fetches_total{result="succeeded"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_mirror_fetches_total{result="failed"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_retries_total{what="push"} 1)"));
}

TEST(Metrics, CountsReconciliations) {
    Metrics metrics;
    metrics.reconciled("same");
    metrics.reconciled("same");
    metrics.reconciled("behind");
    EXPECT_TRUE(has(metrics, R"(slipway_reconcile_total{result="same"} 2)"));
    EXPECT_TRUE(has(metrics, R"(slipway_reconcile_total{result="behind"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_reconcile_total{result="failed"} 0)"));
}

TEST(Metrics, ShowsTheQueueAndTheEnginesAsTheyAre) {
    Metrics metrics;
    metrics.queue(5, 2);
    metrics.queue(4, 3);
    metrics.owed(3);
    metrics.owed(2);
    metrics.engine_up("local", true);
    metrics.engine_up("far", true);
    metrics.engine_up("far", false);
    EXPECT_TRUE(has(metrics, "slipway_builds_queued 4"));
    EXPECT_TRUE(has(metrics, "slipway_builds_running 3"));
    EXPECT_TRUE(has(metrics, "slipway_owed_images 2"));
    EXPECT_TRUE(has(metrics, R"(slipway_engine_up{engine="local"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_engine_up{engine="far"} 0)"));
}

TEST(Metrics, StartsItsCountersAtZero) {
    const Metrics metrics;
    EXPECT_TRUE(has(metrics, R"(slipway_webhook_deliveries_total{outcome="unavailable"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_builds_total{result="failed"} 0)"));
    EXPECT_TRUE(has(metrics, "slipway_builds_queued 0"));
}

TEST(Metrics, TellsOfTheVersionAndTheProcess) {
    const Metrics metrics;
    const std::string text = metrics.exposition();
    EXPECT_NE(text.find("slipway_build_info{version=\""), std::string::npos);
    for (const char* type : {
             "process_cpu_seconds_total counter",
             "process_open_fds gauge",
             "process_resident_memory_bytes gauge",
             "process_start_time_seconds gauge",
         }) {
        EXPECT_TRUE(has(metrics, "# TYPE " + std::string(type)));
    }
}

TEST(Metrics, AreInOneOrderHoweverTheyCame) {
    const auto own_lines = [](const Metrics& metrics) {
        const std::string text = metrics.exposition();
        return text.substr(text.find("# HELP slipway_"));
    };
    Metrics one;
    Metrics other;
    const std::vector<std::string_view> names{"c", "a", "e", "b", "d"};
    for (const std::string_view name : names) {
        one.retried(name);
    }
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
        other.retried(*name);
    }
    EXPECT_EQ(own_lines(one), own_lines(other));
    EXPECT_LT(own_lines(one).find(R"(what="a")"), own_lines(one).find(R"(what="b")"));
}

TEST(Metrics, MayBeUsedByManyThreads) {
    Metrics metrics;
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&metrics] {
                for (int j = 0; j < 250; ++j) {
                    metrics.retried("fetch");
                    metrics.http_request("POST", "/x", 202, microseconds(1));
                }
            });
        }
        (void)metrics.exposition();
    }
    EXPECT_TRUE(has(metrics, R"(slipway_retries_total{what="fetch"} 1000)"));
}

}  // namespace
}  // namespace slipway
