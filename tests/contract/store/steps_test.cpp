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

TEST_P(StoreContract, UpdateStepWritesWhatChanges) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    get(store_->claim_steps(worker_, 2));
    Step step = new_step(1, "b", StepState::building);
    step.references = {"r/b:1", "r/b:größe"};
    step.attempts = 3;
    step.worker = "here";
    step.engine = "local";
    step.input_id = "input";
    step.bases = {{"debian:12", "sha256:0"}};
    step.image_id = "sha256:1";
    step.digests = {{"r/b:1", "sha256:2"}, {"r/b:größe", "sha256:3"}};
    step.attested = {"sbom", "signature"};
    step.error = "exit code 1\n\"quoted\"";
    step.note = "the base is old";
    step.started = clock_.now();
    step.built = clock_.now() + std::chrono::milliseconds(1);
    get(store_->update_step(worker_, build, step));
    EXPECT_EQ(step_of(build, 1), step);
    Step other = new_step(0, "a");
    other.worker = "here";
    EXPECT_EQ(step_of(build, 0), other);
}

TEST_P(StoreContract, WhatAPlanSaysOfAStepStays) {
    const Step planned_step = new_step(0, "a");
    const BuildId build = planned("images", {planned_step, new_step(1, "b", {0})});
    Step step = take("a");
    step.folder = "x";
    step.reasons = "[1]";
    step.priority = StepPriority::reconcile;
    step.tree = "x";
    get(store_->update_step(worker_, build, step));
    const Step stored = step_of(build, 0);
    EXPECT_EQ(stored.folder, "a");
    EXPECT_EQ(stored.reasons, "[]");
    EXPECT_EQ(stored.priority, StepPriority::push);
    EXPECT_EQ(stored.tree, "tree of a");
}

TEST_P(StoreContract, WhatABuildLeavesInAnEngineIsRemembered) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    step.engine = "local";
    step.image = "r/a:1";
    step.references = {"r/a:1", "r/a:latest"};
    step.image_id = "sha256:1";
    step.built = clock_.now();
    move_step(build, step, {StepState::building, StepState::built});
    const Time later = clock_.now() + std::chrono::seconds(1);
    const std::vector<LeftImage> left = {
        {"local", "r/a:1", "sha256:1"}, {"local", "r/a:latest", "sha256:1"}
    };
    EXPECT_EQ(get(store_->left_images("local", later)), left);
    EXPECT_TRUE(get(store_->left_images("local", clock_.now())).empty()) << "not older than that";
    EXPECT_TRUE(get(store_->left_images("other", later)).empty());

    get(store_->forget_image({"local", "r/a:1", "sha256:another"}));
    EXPECT_EQ(get(store_->left_images("local", later)), left) << "it was built anew";
    get(store_->forget_image(left[0]));
    EXPECT_EQ(get(store_->left_images("local", later)), std::vector{left[1]});
}

TEST_P(StoreContract, AStepMayTakeEveryLegalMoveOfAWorker) {
    const BuildId build = planned("images", {new_step(0, "a")});
    using enum StepState;
    move_step(
        build,
        take("a"),
        {building, ready, building, built, pushing, built, ready, building, built, pushing, pushed}
    );
    EXPECT_EQ(state_of(build, 0), pushed);
}

TEST_P(StoreContract, AnIllegalMoveIsAConflictAndChangesNothing) {
    const BuildId build = planned("images", {new_step(0, "a")});
    const Step taken = take("a");
    for (const StepState state : {StepState::pushed, StepState::waiting, StepState::built}) {
        Step step = taken;
        step.state = state;
        step.note = "should not be there";
        EXPECT_EQ(code_of(store_->update_step(worker_, build, step)), ErrorCode::conflict);
        EXPECT_EQ(code_of(store_->release_step(worker_, build, step)), ErrorCode::conflict);
    }
    EXPECT_EQ(step_of(build, 0), taken);
}

TEST_P(StoreContract, TheSameStateAgainIsAllowed) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    step.attempts = 1;
    get(store_->update_step(worker_, build, step));
    EXPECT_EQ(step_of(build, 0).attempts, 1);
}

TEST_P(StoreContract, OnlyWhoClaimedAStepWritesIt) {
    const BuildId build = planned("images", {new_step(0, "a")});
    const auto refused = [&](WorkerId worker) {
        const Step step = new_step(0, "a", StepState::building);
        EXPECT_EQ(code_of(store_->release_step(worker, build, step)), ErrorCode::conflict);
        return code_of(store_->update_step(worker, build, step));
    };
    EXPECT_EQ(refused(worker_), ErrorCode::conflict) << "claimed by nobody";
    EXPECT_EQ(refused(WorkerId{}), ErrorCode::conflict);
    take("a");
    EXPECT_EQ(refused(WorkerId{4711}), ErrorCode::conflict);
    EXPECT_EQ(state_of(build, 0), StepState::ready);
}

TEST_P(StoreContract, AFinalStepIsGivenBack) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    push(build, "a");
    const Step step = step_of(build, 0);
    EXPECT_EQ(step.finished, clock_.now());
    EXPECT_EQ(code_of(store_->update_step(worker_, build, step)), ErrorCode::conflict);
    Step again = step;
    again.state = StepState::ready;
    EXPECT_EQ(code_of(store_->update_step(worker_, build, again)), ErrorCode::conflict);
}

TEST_P(StoreContract, AStepIsOpenWhateverItSaysOfItsEnd) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    step.finished = clock_.now();
    EXPECT_EQ(move_step(build, step, {StepState::building, StepState::ready}).ended, std::nullopt);
    step.state = StepState::ready;
    EXPECT_EQ(get(store_->release_step(worker_, build, step)).ended, std::nullopt);
    EXPECT_EQ(step_of(build, 0).finished, std::nullopt);
    EXPECT_EQ(state_of(build), BuildState::running);
    take("a");
}

TEST_P(StoreContract, AReleasedStepIsClaimedAgain) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    EXPECT_TRUE(folders_of_claims(10).empty()) << "it has one claimant at a time";
    move_step(build, step, {StepState::building});
    step.state = StepState::ready;
    step.attempts = 1;
    step.error = "the engine is away";
    get(store_->release_step(worker_, build, step));
    EXPECT_EQ(code_of(store_->update_step(worker_, build, step)), ErrorCode::conflict);
    EXPECT_EQ(take("a"), step);
}

TEST_P(StoreContract, AStepWaitsUntilItsTime) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    step.not_before = clock_.now() + std::chrono::seconds(10);
    get(store_->release_step(worker_, build, step));
    EXPECT_EQ(step_of(build, 0).not_before, step.not_before);
    clock_.advance(std::chrono::milliseconds(9'999));
    EXPECT_TRUE(folders_of_claims(10).empty());
    clock_.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(take("a").not_before, std::nullopt);
}

TEST_P(StoreContract, AStepDoesNotWaitForAClockThatWasSetBack) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    step.not_before = clock_.now() + std::chrono::seconds(10);
    get(store_->release_step(worker_, build, step));
    clock_.advance(-std::chrono::minutes(9));
    EXPECT_TRUE(folders_of_claims(10).empty());
    clock_.advance(-std::chrono::hours(2));
    EXPECT_EQ(take("a").not_before, std::nullopt);
}

TEST_P(StoreContract, AStepIsNotReleasedWhereNobodyCouldClaimIt) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    const auto release = [&](StepState state) {
        step.state = state;
        return store_->release_step(worker_, build, step);
    };
    EXPECT_EQ(code_of(release(StepState::building)), ErrorCode::conflict);
    move_step(build, step, {StepState::building});
    EXPECT_EQ(code_of(release(StepState::building)), ErrorCode::conflict);
    move_step(build, step, {StepState::built, StepState::pushing});
    EXPECT_EQ(code_of(release(StepState::pushing)), ErrorCode::conflict);
    get(release(StepState::built));
    EXPECT_EQ(take("a").state, StepState::built);
}

}  // namespace
}  // namespace slipway::store
