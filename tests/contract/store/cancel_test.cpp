#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;
using Keys = std::vector<StepKey>;

TEST_P(StoreContract, CancellingAQueuedRequestEndsIt) {
    const BuildId build = request("images", Trigger::manual);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(get(store_->cancel(build, "not wanted")).ended, BuildState::cancelled);
    const Build ended = get(store_->build(build));
    EXPECT_EQ(ended.state, BuildState::cancelled);
    EXPECT_EQ(ended.error, "not wanted");
    EXPECT_EQ(ended.finished, clock_.now());
    EXPECT_EQ(claim(), std::nullopt);
}

TEST_P(StoreContract, AQueuedPushThatIsCancelledIsPlannedSoThatItIsOwed) {
    const BuildId build = request("images");
    EXPECT_EQ(get(store_->cancel(build, "not wanted")), BuildEnd{});
    EXPECT_EQ(get(store_->cancel(build, "not wanted")), BuildEnd{}) << "twice is once";
    EXPECT_EQ(get(store_->build(build)).error, "not wanted");
    ASSERT_EQ(claim(), build);
    PlanRecord plan = new_plan({new_step(0, "a")});
    plan.tree = "tree";
    plan.keeps_ledger = true;
    EXPECT_EQ(get(store_->record_plan(worker_, build, plan)).ended, BuildState::cancelled);
    EXPECT_EQ(state_of(build, 0), StepState::cancelled);
    const auto owed = get(store_->ledger({.owed_only = true}));
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_EQ(
        owed[0].owed.value().why,
        "cancelled in build " + std::to_string(build.value) + ": not wanted"
    );
    EXPECT_EQ(get(store_->branch("images", "refs/heads/main")).value().commit, "after")
        << "nobody takes it for a push that was missed";
}

TEST_P(StoreContract, AQueuedPushThatIsCancelledAndCanNotBePlannedIsCancelled) {
    const BuildId build = request("images");
    get(store_->cancel(build, "not wanted"));
    ASSERT_EQ(claim(), build);
    get(store_->finish(worker_, build, BuildState::failed, "the remote is away"));
    EXPECT_EQ(state_of(build), BuildState::cancelled);
}

TEST_P(StoreContract, WhatIsOverIsNotCancelled) {
    const BuildId build = ended("images", BuildState::failed, Trigger::push);
    EXPECT_EQ(code_of(store_->cancel(build, "not wanted")), ErrorCode::conflict);
    EXPECT_EQ(state_of(build), BuildState::failed);
}

TEST_P(StoreContract, ABuildThatIsCancelledWhilePlannedEndsWithItsPlan) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    EXPECT_EQ(get(store_->cancel(build, "not wanted")).ended, std::nullopt);
    EXPECT_EQ(state_of(build), BuildState::running);
    const BuildEnd end =
        get(store_->record_plan(worker_, build, new_plan({new_step(0, "a"), new_step(1, "b", {0})}))
        );
    EXPECT_EQ(end.ended, BuildState::cancelled);
    const Build ended = get(store_->build(build));
    EXPECT_EQ(ended.state, BuildState::cancelled);
    EXPECT_EQ(ended.error, "not wanted");
    EXPECT_EQ(ended.steps.at(0).state, StepState::cancelled);
    EXPECT_EQ(ended.steps.at(1).state, StepState::cancelled);
}

TEST_P(StoreContract, ABuildThatIsCancelledAndCanNotBePlannedIsCancelled) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    get(store_->cancel(build, "not wanted"));
    get(store_->finish(worker_, build, BuildState::failed, "the remote is away"));
    EXPECT_EQ(state_of(build), BuildState::cancelled);
}

TEST_P(StoreContract, ACancelledBuildThatNobodyPlansAnyMoreIsPlannedByTheNext) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    get(store_->cancel(build, "not wanted"));
    worker_ = registered("here");
    ASSERT_EQ(claim(), build);
    EXPECT_EQ(
        get(store_->record_plan(worker_, build, new_plan({new_step(0, "a")}))).ended,
        BuildState::cancelled
    );
}

TEST_P(StoreContract, CancellingARunningBuildEndsWhatNobodyHas) {
    const BuildId build =
        planned("images", {new_step(0, "a"), new_step(1, "b"), new_step(2, "c", {0})});
    Step built = take("a");
    move_step(build, built, {StepState::building});
    built.state = StepState::built;
    get(store_->release_step(worker_, build, built));
    EXPECT_EQ(get(store_->cancel(build, "not wanted")).ended, BuildState::cancelled);
    const Build ended = get(store_->build(build));
    EXPECT_EQ(ended.state, BuildState::cancelled);
    EXPECT_EQ(ended.error, "not wanted");
    for (const Step& step : ended.steps) {
        EXPECT_EQ(step.state, StepState::cancelled) << step.folder;
        EXPECT_EQ(step.error, "not wanted");
        EXPECT_EQ(step.finished, clock_.now());
    }
}

TEST_P(StoreContract, WhoHasACancelledStepIsToldToStop) {
    const BuildId build =
        planned("images", {new_step(0, "a"), new_step(1, "b"), new_step(2, "c", {0})});
    planned("tools", {new_step(0, "d")});
    Step step = take("a");
    take("d");
    move_step(build, step, {StepState::building});
    EXPECT_TRUE(get(store_->heartbeat(worker_)).stop.empty());
    EXPECT_EQ(get(store_->cancel(build, "not wanted")).ended, std::nullopt);
    EXPECT_EQ(state_of(build, 0), StepState::building);
    EXPECT_EQ(state_of(build, 1), StepState::cancelled);
    EXPECT_EQ(state_of(build, 2), StepState::cancelled);
    EXPECT_EQ(get(store_->heartbeat(worker_)).stop, (Keys{{build, 0}}));
    EXPECT_EQ(get(store_->heartbeat(worker_)).stop, (Keys{{build, 0}})) << "until it does";
    EXPECT_EQ(move_step(build, step, {StepState::cancelled}).ended, BuildState::cancelled);
    EXPECT_TRUE(get(store_->heartbeat(worker_)).stop.empty());
}

TEST_P(StoreContract, AStepThatIsDoneBeforeItIsStoppedStaysDone) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b", {0})});
    Step step = take("a");
    move_step(build, step, {StepState::building, StepState::built, StepState::pushing});
    get(store_->cancel(build, "not wanted"));
    EXPECT_EQ(move_step(build, step, {StepState::pushed}).ended, BuildState::cancelled);
    EXPECT_EQ(state_of(build, 0), StepState::pushed);
    EXPECT_EQ(state_of(build, 1), StepState::cancelled);
}

TEST_P(StoreContract, AReleasedStepOfACancelledBuildIsNotBegunAgain) {
    for (const StepState state : {StepState::ready, StepState::built}) {
        const BuildId build = planned("images", {new_step(0, "a")});
        Step step = take("a");
        move_step(build, step, {StepState::building});
        get(store_->cancel(build, "not wanted"));
        step.state = state;
        step.not_before = clock_.now() + std::chrono::minutes(1);
        EXPECT_EQ(get(store_->release_step(worker_, build, step)).ended, BuildState::cancelled);
        EXPECT_EQ(state_of(build, 0), StepState::cancelled);
    }
}

TEST_P(StoreContract, AStepOfACancelledBuildWhoseWorkerIsGoneIsNotBegunAgain) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    take("a");
    move_step(build, step_of(build, 0), {StepState::building});
    get(store_->cancel(build, "not wanted"));
    worker_ = registered("here");
    EXPECT_EQ(state_of(build), BuildState::cancelled);
    EXPECT_EQ(state_of(build, 0), StepState::cancelled);
    EXPECT_TRUE(folders_of_claims(10).empty());
}

TEST_P(StoreContract, CancellingTwiceIsCancellingOnce) {
    const BuildId build = planned("images", {new_step(0, "a")});
    const Step step = take("a");
    get(store_->cancel(build, "not wanted"));
    EXPECT_EQ(get(store_->cancel(build, "really")).ended, std::nullopt);
    EXPECT_EQ(move_step(build, step, {StepState::cancelled}).ended, BuildState::cancelled);
}

TEST_P(ManyWorkersContract, AHeartbeatEndsACancelledBuildWhoseWorkerLapsed) {
    const BuildId build = planned("images", {new_step(0, "a")});
    take("a");
    get(store_->cancel(build, "not wanted"));
    clock_.advance(lease_time + std::chrono::milliseconds(1));
    get(store_->heartbeat(other_));
    EXPECT_EQ(state_of(build), BuildState::cancelled);
}

}  // namespace
}  // namespace slipway::store
