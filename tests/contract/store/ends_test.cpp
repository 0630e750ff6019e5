#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;
using Folders = std::vector<std::string>;

TEST_P(StoreContract, AStepIsReadyOnceAllThatItNeedsIsDone) {
    const BuildId build = planned(
        "images",
        {new_step(0, "a"), new_step(1, "b"), new_step(2, "c", {0, 1}), new_step(3, "d", {2})}
    );
    push(build, "a");
    EXPECT_EQ(state_of(build, 2), StepState::waiting);
    move_step(build, take("b"), {StepState::unchanged});
    EXPECT_EQ(state_of(build, 2), StepState::ready);
    EXPECT_EQ(state_of(build, 3), StepState::waiting);
    push(build, "c");
    EXPECT_EQ(state_of(build, 3), StepState::ready);
}

TEST_P(StoreContract, BuiltIsDoneOnlyWhereNothingIsPushed) {
    std::vector<Step> steps = {
        new_step(0, "a"), new_step(1, "b"), new_step(2, "c", {0}), new_step(3, "d", {1})
    };
    steps[1].push = false;
    const BuildId build = planned("images", steps);
    move_step(build, take("a"), {StepState::building, StepState::built});
    move_step(build, take("b"), {StepState::building, StepState::built});
    EXPECT_EQ(state_of(build, 2), StepState::waiting);
    EXPECT_EQ(step_of(build, 0).finished, std::nullopt);
    EXPECT_EQ(state_of(build, 3), StepState::ready);
    EXPECT_EQ(step_of(build, 1).finished, clock_.now());
}

TEST_P(StoreContract, WhatNeedsAFailedStepIsSkippedWithAllThatNeedsIt) {
    const BuildId build = planned(
        "images",
        {new_step(0, "a"),
         new_step(1, "b"),
         new_step(2, "c", {0, 1}),
         new_step(3, "d", {2}),
         new_step(4, "e", {1})}
    );
    Step failing = take("a");
    push(build, "b");
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(
        move_step(build, failing, {StepState::building, StepState::failed}).ended, std::nullopt
    );
    for (const std::size_t lost : {2, 3}) {
        const Step step = step_of(build, lost);
        EXPECT_EQ(step.state, StepState::skipped) << lost;
        EXPECT_EQ(step.error, "not built, because a failed");
        EXPECT_EQ(step.finished, clock_.now());
    }
    EXPECT_EQ(state_of(build, 4), StepState::ready) << "it does not need a";
    EXPECT_EQ(folders_of_claims(10), Folders{"e"});
}

TEST_P(StoreContract, WhatNeedsACancelledStepIsSkipped) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b", {0})});
    const BuildEnd end = move_step(build, take("a"), {StepState::building, StepState::cancelled});
    EXPECT_EQ(end.ended, BuildState::failed);
    EXPECT_EQ(state_of(build, 1), StepState::skipped);
    EXPECT_EQ(step_of(build, 1).error, "not built, because a was cancelled");
}

TEST_P(StoreContract, ABuildEndsWithItsLastStep) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    EXPECT_EQ(push(build, "a").ended, std::nullopt);
    EXPECT_EQ(state_of(build), BuildState::running);
    Step last = take("b");
    move_step(build, last, {StepState::building, StepState::built, StepState::pushing});
    clock_.advance(std::chrono::seconds(3));
    EXPECT_EQ(move_step(build, last, {StepState::pushed}).ended, BuildState::succeeded);
    const Build ended = get(store_->build(build));
    EXPECT_EQ(ended.state, BuildState::succeeded);
    EXPECT_EQ(ended.error, "");
    EXPECT_EQ(ended.finished, clock_.now());
    EXPECT_EQ(claim(), std::nullopt);
}

TEST_P(StoreContract, ABuildFailsWithAnyOfItsSteps) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    EXPECT_EQ(break_step(build, "a", "no").ended, std::nullopt);
    EXPECT_EQ(push(build, "b").ended, BuildState::failed);
    EXPECT_EQ(state_of(build), BuildState::failed);
    EXPECT_EQ(get(store_->build(build)).error, "a step failed");
}

TEST_P(StoreContract, ABuildOfUnchangedAndUnpushedStepsSucceeds) {
    Step unpushed = new_step(1, "b");
    unpushed.push = false;
    const BuildId build = planned("images", {new_step(0, "a"), unpushed});
    move_step(build, take("a"), {StepState::unchanged});
    const BuildEnd end = move_step(build, take("b"), {StepState::building, StepState::built});
    EXPECT_EQ(end.ended, BuildState::succeeded);
}

TEST_P(StoreContract, TheNextBuildOfTheRepositoryIsFreeWithTheLastStep) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b", {0})});
    const BuildId next = request("images", Trigger::manual);
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(break_step(build, "a", "no").ended, BuildState::failed);
    EXPECT_EQ(claim(), next);
}

}  // namespace
}  // namespace slipway::store
