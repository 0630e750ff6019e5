#include "server/api/retry.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using model::BuildState;
using model::StepState;

const std::string id_a(40, 'a');
const std::string id_b(40, 'b');

store::Build pushed(BuildState state) {
    store::Build build;
    build.id = BuildId{7};
    build.repository = "images";
    build.ref = "refs/heads/main";
    build.before = id_a;
    build.after = id_b;
    build.state = state;
    return build;
}

store::Build planned(BuildState state, const std::vector<StepState>& steps) {
    store::Build build = pushed(state);
    build.plan = "{}";
    for (const StepState step : steps) {
        const int position = static_cast<int>(build.steps.size());
        build.steps.emplace_back().folder = "f" + std::to_string(position);
        build.steps.back().position = position;
        build.steps.back().state = step;
    }
    return build;
}

void expect_conflict(const store::Build& build) {
    const auto again = retry_of(build);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    EXPECT_TRUE(again.error().message.contains("build 7")) << again.error().message;
}

TEST(RetryOf, AsksForWhatDidNotEndWellAtTheBranchsTip) {
    const auto again = retry_of(planned(
        BuildState::failed,
        {StepState::pushed,
         StepState::failed,
         StepState::skipped,
         StepState::cancelled,
         StepState::unchanged,
         StepState::built}
    ));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->repository, "images");
    EXPECT_EQ(again->ref, "refs/heads/main");
    EXPECT_EQ(again->before, "");
    EXPECT_EQ(again->after, "");
    EXPECT_EQ(again->trigger, store::Trigger::manual);
    EXPECT_EQ(again->folders, (std::vector<std::string>{"f1", "f2", "f3"}));
}

TEST(RetryOf, WithoutAReferenceAsksForTheSameCommits) {
    store::Build build = planned(BuildState::failed, {StepState::failed});
    build.ref = "";
    build.no_cache = true;
    const auto again = retry_of(build);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->ref, "");
    EXPECT_EQ(again->before, id_a);
    EXPECT_EQ(again->after, id_b);
    EXPECT_EQ(again->trigger, store::Trigger::manual);
    EXPECT_TRUE(again->folders.empty());
    EXPECT_TRUE(again->no_cache);
}

TEST(RetryOf, PushThatWasNeverPlannedIsThatPushAgain) {
    for (const BuildState state : {BuildState::failed, BuildState::cancelled}) {
        const auto again = retry_of(pushed(state));
        ASSERT_TRUE(again);
        EXPECT_EQ(again->ref, "refs/heads/main");
        EXPECT_EQ(again->before, id_a);
        EXPECT_EQ(again->after, id_b);
        EXPECT_EQ(again->trigger, store::Trigger::push);
    }
}

TEST(RetryOf, RequestThatWasNeverPlannedStaysARequest) {
    store::Build build = pushed(BuildState::failed);
    build.before = "";
    build.after = "";
    build.folders = {"python"};
    const auto again = retry_of(build);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->trigger, store::Trigger::manual);
    EXPECT_EQ(again->folders, std::vector<std::string>{"python"});
    EXPECT_EQ(again->ref, "refs/heads/main");
}

TEST(RetryOf, RefusesWhatHasNotEndedOrHasNothingToRetry) {
    expect_conflict(pushed(BuildState::queued));
    expect_conflict(planned(BuildState::running, {StepState::failed, StepState::building}));
    expect_conflict(planned(BuildState::succeeded, {StepState::pushed}));
    expect_conflict(planned(BuildState::succeeded, {}));
    expect_conflict(pushed(BuildState::superseded));
}

}  // namespace
}  // namespace slipway::api
