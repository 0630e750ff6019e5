#include "server/base/metrics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
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
    metrics.queue(5, 2, milliseconds(9'000));
    metrics.queue(4, 3, milliseconds(1'500));
    metrics.step_queue("ready", 7, milliseconds(60'000));
    metrics.engine_slots("local", 4, 3);
    metrics.owed(3);
    metrics.owed(2);
    metrics.engine_up("local", true);
    metrics.engine_up("far", true);
    metrics.engine_up("far", false);
    EXPECT_TRUE(has(metrics, "slipway_builds_queued 4"));
    EXPECT_TRUE(has(metrics, "slipway_builds_running 3"));
    EXPECT_TRUE(has(metrics, "slipway_builds_queue_age_seconds 1.5"));
    EXPECT_TRUE(has(metrics, R"(slipway_queue_steps{state="ready"} 7)"));
    EXPECT_TRUE(has(metrics, R"(slipway_queue_age_seconds{state="ready"} 60)"));
    EXPECT_TRUE(has(metrics, R"(slipway_queue_steps{state="pushing"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_queue_age_seconds{state="pushing"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_engine_slots{engine="local"} 4)"));
    EXPECT_TRUE(has(metrics, R"(slipway_engine_slots_used{engine="local"} 3)"));
    EXPECT_TRUE(has(metrics, "slipway_owed_images 2"));
    EXPECT_TRUE(has(metrics, R"(slipway_engine_up{engine="local"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_engine_up{engine="far"} 0)"));
}

TEST(Metrics, StartsItsCountersAtZero) {
    const Metrics metrics;
    EXPECT_TRUE(has(metrics, R"(slipway_webhook_deliveries_total{outcome="unavailable"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_builds_total{result="failed"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_steps_total{result="skipped"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_retries_total{what="registry"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_reports_total{kind="status",result="given_up"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_step_duration_seconds_count{phase="push"} 0)"));
    EXPECT_TRUE(has(metrics, R"(slipway_store_duration_seconds_count{operation="claim"} 0)"));
    EXPECT_TRUE(has(metrics, "slipway_builds_queued 0"));
}

TEST(Metrics, CountsABuildThatNeverBeganWithoutItsTime) {
    Metrics metrics;
    metrics.build_finished("cancelled", std::nullopt);
    EXPECT_TRUE(has(metrics, R"(slipway_builds_total{result="cancelled"} 1)"));
    EXPECT_TRUE(has(metrics, "slipway_build_duration_seconds_count 0"));
}

TEST(Metrics, ForgetsRegistriesThatAreNotNamedAnyMore) {
    Metrics metrics;
    metrics.registries({{"one.example", true}, {"two.example", false}});
    EXPECT_TRUE(has(metrics, R"(slipway_registry_up{registry="one.example"} 1)"));
    EXPECT_TRUE(has(metrics, R"(slipway_registry_up{registry="two.example"} 0)"));
    metrics.registries({{"one.example", false}});
    EXPECT_TRUE(has(metrics, R"(slipway_registry_up{registry="one.example"} 0)"));
    EXPECT_FALSE(has(metrics, R"(slipway_registry_up{registry="two.example"} 0)"));
}

TEST(Metrics, TimesTheStoreByOperationsThatAreKnown) {
    Metrics metrics;
    metrics.stored("claim", microseconds(700));
    metrics.stored("another", microseconds(700));
    const std::string name = "slipway_store_duration_seconds";
    EXPECT_TRUE(has(metrics, name + R"(_bucket{operation="claim",le="0.0005"} 0)"));
    EXPECT_TRUE(has(metrics, name + R"(_bucket{operation="claim",le="0.001"} 1)"));
    EXPECT_EQ(metrics.exposition().find("another"), std::string::npos);
}

/// Every family with something in it, as `name type`.
std::set<std::string> exposed() {
    Metrics metrics;
    metrics.http_request("GET", "/", 200, microseconds(1));
    metrics.hook_ok("images", true);
    metrics.engine_up("local", true);
    metrics.engine_slots("local", 1, 0);
    metrics.registries({{"r.example", true}});
    std::set<std::string> families;
    std::istringstream lines(metrics.exposition());
    const std::string begin = "# TYPE ";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(begin)) {
            families.insert(line.substr(begin.size()));
        }
    }
    return families;
}

/// Rows as `| `slipway_builds_total` | counter | …`.
std::set<std::string> documented() {
    std::ifstream file(SLIPWAY_SOURCE_DIR "/server/base/README.md");
    const std::regex row(R"(\| `((?:slipway|process)_\w+)` \| (\w+) \|.*)");
    std::set<std::string> families;
    for (std::string line; std::getline(file, line);) {
        if (std::smatch parts; std::regex_match(line, parts, row)) {
            families.insert(parts.str(1) + " " + parts.str(2));
        }
    }
    return families;
}

TEST(Metrics, AreThoseOfTheTableInTheReadme) {
    EXPECT_EQ(exposed(), documented());
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
