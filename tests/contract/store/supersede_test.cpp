#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_suites.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

TEST_P(SupersedeContract, OfSeveralPushesOfABranchTheNewestIsTaken) {
    const BuildId first = queue("a", "b");
    const BuildId second = queue("b", "c");
    const BuildId third = queue("c", "d");
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(claim(), third);
    expect_superseded(first, third);
    expect_superseded(second, third);
}

TEST_P(SupersedeContract, WhatTheDaemonFoundItselfIsAPushToo) {
    const BuildId found = queue("a", "c", "refs/heads/main", Trigger::reconcile);
    const BuildId push = queue("a", "b");
    const BuildId newest = queue("a", "d", "refs/heads/main", Trigger::reconcile);
    EXPECT_EQ(claim(), newest);
    expect_superseded(found, newest);
    expect_superseded(push, newest);
}

TEST_P(SupersedeContract, OtherBranchesAndRepositoriesAreLeftAlone) {
    const BuildId next = queue("a", "b", "refs/heads/next");
    const BuildId tools = request("tools");
    const BuildId first = queue("a", "b");
    const BuildId second = queue("b", "c");
    EXPECT_EQ(claim(), next);
    EXPECT_EQ(claim(), tools);
    EXPECT_EQ(state_of(first), BuildState::queued);
    get(store_->finish(worker_, next, BuildState::succeeded, ""));
    EXPECT_EQ(claim(), second);
    expect_superseded(first, second);
    EXPECT_EQ(state_of(next), BuildState::succeeded);
    EXPECT_EQ(state_of(tools), BuildState::running);
}

TEST_P(SupersedeContract, RequestsAreLeftAlone) {
    const BuildId tip = queue("", "", "refs/heads/main", Trigger::manual);
    const BuildId folder = queue("", "", "refs/heads/main", Trigger::manual, {"python"});
    const BuildId owed = queue("a", "b", "refs/heads/main", Trigger::reconcile, {"python"});
    const BuildId first = queue("a", "b");
    const BuildId second = queue("b", "c");
    for (const BuildId expected : {tip, folder, second, owed}) {
        ASSERT_EQ(claim(), expected);
        get(store_->finish(worker_, expected, BuildState::succeeded, ""));
    }
    expect_superseded(first, second);
}

TEST_P(SupersedeContract, WithoutABranchNothingIsNewer) {
    const BuildId first = queue("a", "b", "");
    const BuildId second = queue("b", "c", "");
    EXPECT_EQ(claim(), first);
    EXPECT_EQ(state_of(second), BuildState::queued);
}

TEST_P(SupersedeContract, APushThatIsAnnouncedLateIsNotNewer) {
    const BuildId second = queue("b", "c");
    const BuildId first = queue("a", "b");
    EXPECT_EQ(claim(), second);
    EXPECT_EQ(state_of(first), BuildState::queued);
}

TEST_P(SupersedeContract, PushesThatAreAnnouncedInReverseLeaveTheNewest) {
    const BuildId third = queue("c", "d");
    const BuildId second = queue("b", "c");
    const BuildId first = queue("a", "b");
    EXPECT_EQ(claim(), third);
    EXPECT_EQ(state_of(second), BuildState::queued) << "git tells, when it is planned";
    EXPECT_EQ(state_of(first), BuildState::queued);
}

TEST_P(SupersedeContract, AReplayOfAnEarlierPushIsNotNewer) {
    const BuildId first = queue("a", "b");
    const BuildId second = queue("b", "c");
    ASSERT_EQ(claim(), second);
    get(store_->finish(worker_, second, BuildState::succeeded, ""));
    expect_superseded(first, second);
    const BuildId third = queue("c", "d");
    const BuildId replay = queue("a", "b");
    EXPECT_EQ(claim(), third);
    EXPECT_EQ(state_of(replay), BuildState::queued);
    get(store_->record_plan(worker_, third, new_plan({new_step(0, "x")})));
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(third, 0), StepState::ready) << "nor than what runs";
    take("x");
    EXPECT_TRUE(get(store_->heartbeat(worker_)).overtaken.empty());
}

TEST_P(SupersedeContract, APushThatWasCancelledSupersedesNothing) {
    const BuildId first = queue("a", "b");
    const BuildId second = queue("b", "c");
    get(store_->cancel(second, "not wanted"));
    EXPECT_EQ(claim(), first);
    get(store_->record_plan(worker_, first, new_plan({new_step(0, "x")})));
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(first, 0), StepState::ready);
    push(first, "x");
    EXPECT_EQ(claim(), second);
}

TEST_P(SupersedeContract, APushThatWasCancelledIsSupersededByANewerOne) {
    const BuildId first = queue("a", "b");
    get(store_->cancel(first, "not wanted"));
    const BuildId second = queue("b", "c");
    const BuildId third = queue("c", "d");
    EXPECT_EQ(claim(), first) << "it is its turn, and it ends with its plan";
    get(store_->finish(worker_, first, BuildState::cancelled, ""));
    EXPECT_EQ(claim(), third);
    expect_superseded(second, third);
}

TEST_P(SupersedeContract, TheStepsOfARunningBuildThatNobodyHasBegunAreSuperseded) {
    const BuildId build = running({new_step(0, "x"), new_step(1, "y"), new_step(2, "z", {0})});
    const Step step = take("x");
    const BuildId newer = queue("b", "c");
    const std::uint64_t version = store_->version();
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(claim(), std::nullopt) << "what was begun goes on";
    EXPECT_GT(store_->version(), version);
    const std::string why = "superseded by build " + std::to_string(newer.value);
    EXPECT_EQ(state_of(build, 0), StepState::ready);
    EXPECT_EQ(state_of(build, 1), StepState::cancelled);
    EXPECT_EQ(step_of(build, 1).error, why);
    EXPECT_EQ(state_of(build, 2), StepState::cancelled);

    using enum StepState;
    EXPECT_EQ(
        move_step(build, step, {building, built, pushing, pushed}).ended, BuildState::superseded
    );
    expect_superseded(build, newer);
    EXPECT_EQ(claim(), newer);
}

TEST_P(SupersedeContract, WhatIsBuiltOfASupersededBuildIsPushed) {
    const BuildId build = running({new_step(0, "x"), new_step(1, "y")});
    Step step = take("x");
    move_step(build, step, {StepState::building});
    step.state = StepState::built;
    get(store_->release_step(worker_, build, step));
    queue("b", "c");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(build, 1), StepState::cancelled);
    EXPECT_EQ(
        move_step(build, take("x"), {StepState::pushing, StepState::pushed}).ended,
        BuildState::superseded
    );
}

TEST_P(SupersedeContract, ARunningBuildOfWhichNothingWasBegunEndsAtOnce) {
    const BuildId build = running({new_step(0, "x"), new_step(1, "y", {0})});
    const BuildId newer = queue("b", "c");
    EXPECT_EQ(claim(), newer);
    expect_superseded(build, newer);
}

TEST_P(SupersedeContract, ARunningBuildWhoseStepsAreAllBegunIsNotSuperseded) {
    const BuildId build = running({new_step(0, "x")});
    const Step step = take("x");
    queue("b", "c");
    EXPECT_EQ(claim(), std::nullopt);
    using enum StepState;
    EXPECT_EQ(
        move_step(build, step, {building, built, pushing, pushed}).ended, BuildState::succeeded
    );
}

TEST_P(SupersedeContract, ARunningBuildIsNotSupersededByWhatLeadsUpToIt) {
    const BuildId build = running({new_step(0, "x")});
    queue("0", "a");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(build, 0), StepState::ready);
    push(build, "x");
    EXPECT_EQ(state_of(build), BuildState::succeeded);
}

/// Found by the daemon's tests: nothing says that it is late but git, which is asked when it is
/// planned, and then finds nothing to build.
TEST_P(SupersedeContract, ARunningBuildThatSpansSeveralPushesIsNotSupersededByOneOfThem) {
    const BuildId found = queue("a", "d", "refs/heads/main", Trigger::reconcile);
    ASSERT_EQ(claim(), found);
    record_plan(found, "a", "d", {new_step(0, "x"), new_step(1, "y")});
    take("x");
    queue("a", "b");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(found, 1), StepState::ready);
    EXPECT_TRUE(get(store_->heartbeat(worker_)).overtaken.empty());
    queue("d", "e");
    EXPECT_EQ(get(store_->heartbeat(worker_)).overtaken, std::vector{found});
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(found, 1), StepState::cancelled);
}

TEST_P(SupersedeContract, ARunningBuildIsNotSupersededByAnotherBranchOrARequest) {
    const BuildId build = running({new_step(0, "x")});
    queue("b", "c", "refs/heads/next");
    queue("b", "c", "refs/heads/main", Trigger::manual);
    queue("b", "c", "refs/heads/main", Trigger::reconcile, {"x"});
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(build, 0), StepState::ready);
}

TEST_P(SupersedeContract, ARunningRequestIsNotSuperseded) {
    const BuildId build = queue("", "", "refs/heads/main", Trigger::manual);
    ASSERT_EQ(claim(), build);
    get(store_->record_plan(worker_, build, new_plan({new_step(0, "x")})));
    queue("b", "c");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(build, 0), StepState::ready);
}

TEST_P(SupersedeContract, ABuildThatIsBeingPlannedIsSupersededOnceItIsPlanned) {
    const BuildId build = queue("a", "b");
    ASSERT_EQ(claim(), build);
    const BuildId newer = queue("b", "c");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(state_of(build), BuildState::running);
    record_plan(build, "a", "b", {new_step(0, "x")});
    EXPECT_EQ(claim(), newer);
    expect_superseded(build, newer);
}

TEST_P(SupersedeContract, WhoWorksOnAnOvertakenBuildIsToldOnceANewerPushWaits) {
    const BuildId old = running({new_step(0, "a"), new_step(1, "b")});
    const Step begun = take("a");
    EXPECT_TRUE(get(store_->heartbeat(worker_)).overtaken.empty());
    queue("a2", "a");
    EXPECT_TRUE(get(store_->heartbeat(worker_)).overtaken.empty()) << "it is the older one";
    queue("b", "c");
    EXPECT_EQ(get(store_->heartbeat(worker_)).overtaken, std::vector{old});

    EXPECT_EQ(get(store_->supersede(old, "a newer push")), BuildEnd{});
    const Orders orders = get(store_->heartbeat(worker_));
    EXPECT_EQ(orders.stop, (std::vector<StepKey>{{old, 0}}));
    EXPECT_TRUE(orders.overtaken.empty()) << "told already";
    Step stopped = begun;
    stopped.state = StepState::cancelled;
    const BuildEnd end = get(store_->update_step(worker_, old, stopped));
    EXPECT_EQ(end.ended, BuildState::superseded);
    EXPECT_EQ(get(store_->build(old)).steps.at(1).state, StepState::cancelled);
}

}  // namespace
}  // namespace slipway::store
