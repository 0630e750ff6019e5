#include "server/factory/run_build.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;
using Texts = std::vector<std::string>;

class RunBuild : public WorkshopTest {
protected:
    /// base ← app ← web, and other on its own.
    static std::vector<store::Step> chain() {
        return {
            make_step(0, "base"),
            make_step(1, "other"),
            make_step(2, "app", {0}),
            make_step(3, "web", {2})
        };
    }

    static std::vector<store::Step> independent() {
        return {
            make_step(0, "app"), make_step(1, "base"), make_step(2, "other"), make_step(3, "web")
        };
    }

    void begin(std::vector<store::Step> steps) {
        recorder_ = test::MemoryRecorder(std::move(steps));
    }

    Result<Outcome> run() {
        Workshop shop = workshop();
        return run(shop);
    }

    Result<Outcome> run(Workshop& shop) {
        Observer observer = recorder_.observer();
        return test::run_coroutine(
            context_, run_build(shop, source(), recorder_.steps(), std::move(observer))
        );
    }

    StepState state(std::size_t position) const { return recorder_.steps().at(position).state; }

    test::MemoryRecorder recorder_{{}};
};

TEST_F(RunBuild, NothingToDoSucceeds) {
    EXPECT_EQ(run(), Outcome::succeeded);
}

TEST_F(RunBuild, BuildsWhatAnImageIsBuiltOnFirst) {
    begin(chain());
    EXPECT_EQ(run(), Outcome::succeeded);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(state(i), StepState::pushed);
    }
    EXPECT_LT(recorder_.when("base pushed"), recorder_.when("app ready"));
    EXPECT_LT(recorder_.when("app pushed"), recorder_.when("web ready"));
    EXPECT_LT(recorder_.when("other building"), recorder_.when("base pushed"))
        << "what needs nothing does not wait";
    EXPECT_EQ(recorder_.history_of("app")[0], "ready");
}

TEST_F(RunBuild, DoesNotPullWhatItBuilds) {
    begin(chain());
    EXPECT_EQ(run(), Outcome::succeeded);
    EXPECT_EQ(engine_.calls("pull").size(), 1U) << "only python:3.10";
}

TEST_F(RunBuild, PullsAParentThatIsNotInTheBuild) {
    begin({make_step(0, "web")});
    EXPECT_EQ(run(), Outcome::succeeded);
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull r.example/app:1"});
}

TEST_F(RunBuild, RunsAllThatIsReadyAtTheSameTimeWhereThereIsAPlace) {
    begin(independent());
    EXPECT_EQ(run(), Outcome::succeeded);
    EXPECT_EQ(recorder_.most_at_once(), 4);
}

TEST_F(RunBuild, RunsNoMoreAtTheSameTimeThanTheEngineTakes) {
    engines_.change("one", {.builds = 2});
    begin(independent());
    EXPECT_EQ(run(), Outcome::succeeded);
    EXPECT_EQ(recorder_.most_at_once(), 2);
}

TEST_F(RunBuild, WhatWaitsToTryAgainHoldsNoPlace) {
    engines_.change("one", {.builds = 1});
    Workshop shop = workshop();
    shop.retry.first = std::chrono::milliseconds(200);
    begin({make_step(0, "base"), make_step(1, "other")});
    engine_.fail_next("build r.example/base:1", ErrorCode::unavailable);
    EXPECT_EQ(run(shop), Outcome::succeeded);
    EXPECT_LT(recorder_.when("other pushed"), recorder_.when("base built"));
}

TEST_F(RunBuild, FailureSkipsWhatIsBuiltOnItAndNothingElse) {
    begin(chain());
    engine_.fail_next("build r.example/base:1", ErrorCode::failed);
    EXPECT_EQ(run(), Outcome::failed);
    EXPECT_EQ(state(0), StepState::failed);
    EXPECT_EQ(state(1), StepState::pushed);
    EXPECT_EQ(state(2), StepState::skipped);
    EXPECT_EQ(state(3), StepState::skipped);
    EXPECT_EQ(recorder_.steps()[3].error, "not built, because base failed");
    EXPECT_TRUE(recorder_.steps()[3].finished);
    EXPECT_EQ(recorder_.history_of("web"), Texts{"skipped"});
    EXPECT_EQ(recorder_.failures(), Texts{"base: scripted"});
}

TEST_F(RunBuild, PushThatFailsSkipsWhatIsBuiltOnIt) {
    begin(chain());
    engine_.fail_next("push r.example/app:1", ErrorCode::denied);
    EXPECT_EQ(run(), Outcome::failed);
    EXPECT_EQ(state(0), StepState::pushed);
    EXPECT_EQ(state(2), StepState::failed);
    EXPECT_EQ(state(3), StepState::skipped);
}

TEST_F(RunBuild, BranchThatDoesNotPushSucceedsBuilt) {
    std::vector<store::Step> steps = chain();
    for (store::Step& step : steps) {
        step.push = false;
    }
    begin(steps);
    EXPECT_EQ(run(), Outcome::succeeded);
    EXPECT_EQ(state(3), StepState::built);
    EXPECT_TRUE(engine_.calls("push").empty());
}

TEST_F(RunBuild, GoesOnAfterARestartWithWhatIsNotDone) {
    std::vector<store::Step> steps = chain();
    steps[0].state = StepState::pushed;
    steps[1].state = StepState::unchanged;
    steps[2].state = StepState::built;
    steps[2].image_id = "sha256:kept";
    begin(steps);
    engine_.give("r.example/app:1", "sha256:kept");
    EXPECT_EQ(run(), Outcome::succeeded);
    EXPECT_EQ(
        recorder_.history(),
        (Texts{
            "app pushing",
            "app pushed",
            "web ready",
            "web building",
            "web built",
            "web pushing",
            "web pushed"
        })
    );
}

TEST_F(RunBuild, FailureFromBeforeARestartStillSkips) {
    std::vector<store::Step> steps = chain();
    steps[0].state = StepState::failed;
    steps[1].state = StepState::pushed;
    begin(steps);
    EXPECT_EQ(run(), Outcome::failed);
    EXPECT_EQ(recorder_.history(), (Texts{"app skipped", "web skipped"}));
    EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(RunBuild, StopRequestedBeginsNothingNew) {
    begin(chain());
    recorder_.on_record([this](const std::string& entry) {
        if (entry == "base pushed") {
            stop_.request();
        }
    });
    engine_.fail_next("build r.example/other:1", ErrorCode::failed);
    EXPECT_EQ(run(), Outcome::stopped) << "not failed: it goes on at the next start";
    EXPECT_EQ(state(0), StepState::pushed);
    EXPECT_EQ(state(2), StepState::waiting);
}

TEST_F(RunBuild, CancellingEndsWhatRunsAndWhatWaitsForAPlace) {
    engines_.change("one", {.builds = 1});
    Workshop shop = workshop();
    begin(chain());
    engine_.hold("build r.example/base:1", [this] { stop_.cancel_all(); });
    EXPECT_EQ(run(shop), Outcome::stopped);
    EXPECT_EQ(recorder_.history(), (Texts{"base building", "base ready"}));
    EXPECT_TRUE(recorder_.failures().empty());
    EXPECT_EQ(state(1), StepState::ready);
}

TEST_F(RunBuild, CancellingAPushKeepsWhatIsBuilt) {
    begin({make_step(0, "base")});
    engine_.hold("push", [this] { stop_.cancel_all(); });
    EXPECT_EQ(run(), Outcome::stopped);
    EXPECT_EQ(state(0), StepState::built);
    EXPECT_EQ(recorder_.steps()[0].image_id, "sha256:1");
}

TEST_F(RunBuild, CancellingBeforeTheEngineIsAskedStartsNoBuild) {
    begin({make_step(0, "base")});
    recorder_.on_record([this](const std::string& entry) {
        if (entry == "base building") {
            stop_.cancel_all();
        }
    });
    engine_.hold("build", [] {});
    EXPECT_EQ(run(), Outcome::stopped);
    EXPECT_EQ(state(0), StepState::ready);
}

TEST_F(RunBuild, RecorderThatFailsEndsItOnceAllHaveEnded) {
    begin(independent());
    recorder_.fail_at("base built");
    const Result<Outcome> outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, "the disk is full");
    EXPECT_EQ(state(0), StepState::pushed) << "what ran beside it was waited for";
    EXPECT_EQ(state(3), StepState::pushed);
}

TEST_F(RunBuild, RecorderThatFailsStartsNothingNew) {
    begin(chain());
    recorder_.fail_at("app ready");
    EXPECT_FALSE(run());
    EXPECT_TRUE(engine_.calls("build r.example/app:1").empty());
}

}  // namespace
}  // namespace slipway::factory
