#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

TEST_P(StoreContract, RegisteringFreesWhatAnEarlierWorkerOfTheNameHad) {
    const BuildId build =
        planned("images", {new_step(0, "a"), new_step(1, "b"), new_step(2, "c"), new_step(3, "d")});
    const BuildId unplanned = request("tools");
    ASSERT_EQ(claim(), unplanned);
    using enum StepState;
    move_step(build, take("a"), {building});
    move_step(build, take("b"), {building, built, pushing});
    break_step(build, "c", "no");
    take("d");
    EXPECT_TRUE(folders_of_claims(10).empty());

    worker_ = registered("here");
    EXPECT_EQ(state_of(build, 0), ready);
    EXPECT_EQ(state_of(build, 1), built);
    EXPECT_EQ(state_of(build, 2), failed);
    EXPECT_EQ(state_of(build, 3), ready);
    EXPECT_EQ(claim(), unplanned);
    EXPECT_EQ(folders_of_claims(10), (std::vector<std::string>{"a", "b", "d"}));
}

TEST_P(StoreContract, WhatAStoppedProcessHadIsFreeOnceItRegistersAgain) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, take("a"), {StepState::building});
    const Build before = get(store_->build(build));
    reopen();
    EXPECT_EQ(get(store_->build(build)), before);
    worker_ = registered("here");
    EXPECT_EQ(state_of(build, 0), StepState::ready);
    push(build, "a");
    EXPECT_EQ(state_of(build), BuildState::succeeded);
}

TEST_P(StoreContract, ABuildThatIsPlannedAgainKeepsItsStart) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    const Build first = get(store_->build(build));
    clock_.advance(std::chrono::minutes(1));
    worker_ = registered("here");
    EXPECT_EQ(get(store_->claim_build(worker_)), first);
    EXPECT_EQ(claim(), std::nullopt) << "it is claimed";
}

TEST_P(StoreContract, WhatAWorkerClaimedUnawaresIsFreed) {
    const BuildId build =
        planned("images", {new_step(0, "a"), new_step(1, "b"), new_step(2, "c"), new_step(3, "d")});
    const BuildId unplanned = request("tools");
    const BuildId at_hand = request("others");
    ASSERT_EQ(claim(), unplanned);
    ASSERT_EQ(claim(), at_hand);
    move_step(build, take("a"), {StepState::building});
    move_step(build, take("b"), {StepState::building});
    take("c");
    WorkAtHand known;
    known.plans = {at_hand};
    known.steps = {{build, 0}};
    EXPECT_EQ(get(store_->free_all_but(worker_, known)), 3);
    EXPECT_EQ(get(store_->free_all_but(worker_, known)), 0);
    EXPECT_EQ(state_of(build, 0), StepState::building);
    EXPECT_EQ(state_of(build, 1), StepState::ready);
    EXPECT_EQ(claim(), unplanned);
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(folders_of_claims(10), (std::vector<std::string>{"b", "c", "d"}));
}

TEST_P(StoreContract, WhatWasCancelledIsNotBegunAgainWhereItsClaimWasUnknown) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, take("a"), {StepState::building});
    get(store_->cancel(build, "not wanted"));
    EXPECT_EQ(get(store_->free_all_but(worker_, {})), 1);
    EXPECT_EQ(state_of(build), BuildState::cancelled);
}

TEST_P(StoreContract, WhoWasReplacedIsToldAndWritesNothing) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    const BuildId unplanned = request("tools");
    ASSERT_EQ(claim(), unplanned);
    Step step = take("a");
    const WorkerId before = worker_;
    worker_ = registered("here");
    EXPECT_NE(worker_, before);
    EXPECT_EQ(code_of(store_->heartbeat(before)), ErrorCode::conflict);
    step.state = StepState::building;
    EXPECT_EQ(code_of(store_->update_step(before, build, step)), ErrorCode::conflict);
    EXPECT_EQ(code_of(store_->record_plan(before, unplanned, new_plan({}))), ErrorCode::conflict);
    EXPECT_EQ(
        code_of(store_->finish(before, unplanned, BuildState::failed, "")), ErrorCode::conflict
    );
    EXPECT_EQ(claim(before), std::nullopt);
    EXPECT_TRUE(folders_of_claims(10, before).empty());
    EXPECT_EQ(folders_of_claims(10), (std::vector<std::string>{"a", "b"}));
}

TEST_P(StoreContract, AnUnknownWorkersHeartbeatIsAConflict) {
    EXPECT_EQ(code_of(store_->heartbeat(WorkerId{4711})), ErrorCode::conflict);
    EXPECT_EQ(code_of(store_->heartbeat(WorkerId{})), ErrorCode::conflict);
}

TEST_P(StoreContract, AHeartbeatKeepsWhatIsClaimed) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, take("a"), {StepState::building});
    for (int i = 0; i < 5; ++i) {
        clock_.advance(lease_time - std::chrono::milliseconds(1));
        EXPECT_TRUE(get(store_->heartbeat(worker_)).stop.empty());
    }
    EXPECT_EQ(state_of(build, 0), StepState::building);
    move_step(build, step_of(build, 0), {StepState::built, StepState::pushing, StepState::pushed});
}

TEST_P(ManyWorkersContract, WorkersOfOtherNamesKeepWhatTheyHave) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    take("a");
    take("b", other_);
    worker_ = registered("here");
    EXPECT_EQ(folders_of_claims(10), std::vector<std::string>{"a"});
    Step step = step_of(build, 1);
    step.state = StepState::building;
    get(store_->update_step(other_, build, step));
}

TEST_P(ManyWorkersContract, AHeartbeatFreesWhatALapsedWorkerHad) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    const BuildId unplanned = request("tools");
    ASSERT_EQ(claim(), unplanned);
    using enum StepState;
    move_step(build, take("a"), {building});
    move_step(build, take("b"), {building, built, pushing});
    clock_.advance(lease_time);
    get(store_->heartbeat(other_));
    EXPECT_EQ(state_of(build, 0), building) << "not yet";
    clock_.advance(std::chrono::milliseconds(1));
    const std::uint64_t version = store_->version();
    get(store_->heartbeat(other_));
    EXPECT_GT(store_->version(), version);
    EXPECT_EQ(state_of(build, 0), ready);
    EXPECT_EQ(state_of(build, 1), built);

    EXPECT_EQ(code_of(store_->heartbeat(worker_)), ErrorCode::conflict);
    EXPECT_EQ(
        code_of(store_->update_step(worker_, build, new_step(0, "a", building))),
        ErrorCode::conflict
    );
    EXPECT_EQ(
        code_of(store_->release_step(worker_, build, new_step(0, "a", ready))), ErrorCode::conflict
    );
    EXPECT_EQ(code_of(store_->record_plan(worker_, unplanned, new_plan({}))), ErrorCode::conflict);
    EXPECT_EQ(claim(other_), unplanned);
    EXPECT_EQ(folders_of_claims(10, other_), (std::vector<std::string>{"a", "b"}));
}

TEST_P(ManyWorkersContract, ALateHeartbeatIsInTimeWhereNobodyNoticed) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, take("a"), {StepState::building});
    clock_.advance(lease_time);
    get(store_->heartbeat(other_));
    clock_.advance(std::chrono::milliseconds(1));
    get(store_->heartbeat(worker_));
    get(store_->heartbeat(other_));
    EXPECT_EQ(state_of(build, 0), StepState::building);
}

}  // namespace
}  // namespace slipway::store
