#include "server/api/queue_figures.hpp"

#include "core/model/build_state.hpp"
#include "server/base/metrics.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace slipway::api {
namespace {

using namespace std::chrono_literals;
using model::StepState;

constexpr store::Time noon{std::chrono::hours(12)};

store::Build build(store::Time created, const std::vector<StepState>& states) {
    store::Build build;
    build.created = created;
    for (const StepState state : states) {
        store::Step& step = build.steps.emplace_back();
        step.state = state;
    }
    return build;
}

TEST(QueueFigures, NameEveryStateAlsoWhereNothingIsInIt) {
    const QueueFigures figures = queue_figures({});
    EXPECT_EQ(figures.steps.size(), 5U);
    for (const char* const state : {"waiting", "ready", "building", "built", "pushing"}) {
        EXPECT_EQ(figures.steps.at(state), QueueFigures::Steps()) << state;
    }
}

TEST(QueueFigures, CountStepsThatAreNotDoneSinceTheirOldestBuild) {
    store::Snapshot snapshot;
    snapshot.running = {
        build(noon + 9s, {StepState::pushed, StepState::ready, StepState::waiting}),
        build(noon + 5s, {StepState::failed, StepState::ready}),
    };
    const QueueFigures figures = queue_figures(snapshot);
    EXPECT_EQ(figures.builds_running, 2);
    EXPECT_EQ(figures.steps.at("ready").count, 2);
    EXPECT_EQ(figures.steps.at("ready").oldest, noon + 5s);
    EXPECT_EQ(figures.steps.at("waiting").oldest, noon + 9s);
    EXPECT_EQ(figures.steps.size(), 5U) << "none of what is done";
}

TEST(QueueFigures, TakeWhatIsBuiltForDoneWhereNothingIsPushed) {
    store::Snapshot snapshot;
    snapshot.running = {build(noon, {StepState::built, StepState::built})};
    snapshot.running[0].steps[1].push = false;
    EXPECT_EQ(queue_figures(snapshot).steps.at("built").count, 1);
}

TEST(QueueFigures, AgesAreNeverBelowZero) {
    store::Snapshot snapshot;
    snapshot.queued_since = noon + 1s;
    Metrics metrics;
    tell(metrics, queue_figures(snapshot), noon);
    EXPECT_NE(
        metrics.exposition().find("\nslipway_builds_queue_age_seconds 0\n"), std::string::npos
    );
    tell(metrics, queue_figures(snapshot), noon + 3s);
    EXPECT_NE(
        metrics.exposition().find("\nslipway_builds_queue_age_seconds 2\n"), std::string::npos
    );
}

}  // namespace
}  // namespace slipway::api
