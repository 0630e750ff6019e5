#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

TEST_P(StoreContract, RecordPlanStoresCommitsTextAndSteps) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    const std::vector<Step> steps = {
        new_step(0, "base"), new_step(1, "python", StepState::waiting)
    };
    get(store_->record_plan(build, {"before", "after", R"({"steps": []})", steps}));
    const Build stored = get(store_->build(build));
    EXPECT_EQ(stored.before, "before");
    EXPECT_EQ(stored.after, "after");
    EXPECT_EQ(stored.plan, R"({"steps": []})");
    EXPECT_EQ(stored.steps, steps);
}

TEST_P(StoreContract, StepsAreInOrderOfPosition) {
    const BuildId build = planned("images", {new_step(2, "c"), new_step(0, "a"), new_step(1, "b")});
    const Build stored = get(store_->build(build));
    EXPECT_EQ(stored.steps.at(0).folder, "a");
    EXPECT_EQ(stored.steps.at(1).folder, "b");
    EXPECT_EQ(stored.steps.at(2).folder, "c");
}

TEST_P(StoreContract, ASecondPlanReplacesTheStepsAndTheirLogs) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    get(store_->append_log(build, 0, "of a\n"));
    get(store_->record_plan(build, {"x", "y", "{}", {new_step(0, "c")}}));
    const Build stored = get(store_->build(build));
    ASSERT_EQ(stored.steps.size(), 1);
    EXPECT_EQ(stored.steps[0].folder, "c");
    EXPECT_EQ(get(store_->log(build, 0, 0)), "");
}

TEST_P(StoreContract, APlanThatCanNotBeStoredChangesNothing) {
    const BuildId build = planned("images", {new_step(0, "a")});
    const Build before = get(store_->build(build));
    const PlanRecord twice{"x", "y", "{}", {new_step(0, "b"), new_step(0, "c")}};
    EXPECT_EQ(code_of(store_->record_plan(build, twice)), ErrorCode::internal);
    EXPECT_EQ(get(store_->build(build)), before);
}

TEST_P(StoreContract, OnlyARunningBuildIsPlanned) {
    const BuildId build = request("images");
    EXPECT_EQ(code_of(store_->record_plan(build, {})), ErrorCode::conflict);
    get(store_->finish(build, BuildState::cancelled, ""));
    EXPECT_EQ(code_of(store_->record_plan(build, {})), ErrorCode::conflict);
}

TEST_P(StoreContract, UpdateStepWritesEveryField) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    Step step = new_step(1, "b", StepState::building);
    step.references = {"r/b:1", "r/b:größe"};
    step.needs = {0};
    step.reasons = R"([{"kind":"changed"}])";
    step.push = false;
    step.attempts = 3;
    step.engine = "local";
    step.image_id = "sha256:1";
    step.digests = {{"r/b:1", "sha256:2"}, {"r/b:größe", "sha256:3"}};
    step.error = "exit code 1\n\"quoted\"";
    step.note = "the base is old";
    step.started = clock_.now();
    step.built = clock_.now() + std::chrono::milliseconds(1);
    step.finished = clock_.now() + std::chrono::seconds(2);
    get(store_->update_step(build, step));
    const Build stored = get(store_->build(build));
    EXPECT_EQ(stored.steps.at(1), step);
    EXPECT_EQ(stored.steps.at(0), new_step(0, "a"));
}

TEST_P(StoreContract, WhatABuildLeavesInAnEngineIsRemembered) {
    const BuildId build = planned("images", {new_step(0, "a", StepState::building)});
    Step step = get(store_->build(build)).steps.at(0);
    step.state = StepState::built;
    step.engine = "local";
    step.image = "r/a:1";
    step.references = {"r/a:1", "r/a:latest"};
    step.image_id = "sha256:1";
    step.built = clock_.now();
    get(store_->update_step(build, step));
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

TEST_P(StoreContract, AStepMayTakeEveryLegalMove) {
    const Step step = new_step(0, "a", StepState::waiting);
    const BuildId build = planned("images", {step});
    using enum StepState;
    move_step(
        build,
        step,
        {ready,
         building,
         ready,
         building,
         built,
         pushing,
         built,
         ready,
         building,
         failed,
         ready,
         building,
         built,
         pushing,
         pushed}
    );
    EXPECT_EQ(state_of(build, 0), pushed);
}

TEST_P(StoreContract, AnIllegalMoveIsAConflictAndChangesNothing) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = new_step(0, "a", StepState::pushed);
    step.note = "should not be there";
    EXPECT_EQ(code_of(store_->update_step(build, step)), ErrorCode::conflict);
    EXPECT_EQ(get(store_->build(build)).steps.at(0), new_step(0, "a"));
}

TEST_P(StoreContract, TheSameStateAgainIsAllowed) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = new_step(0, "a");
    step.attempts = 1;
    get(store_->update_step(build, step));
    EXPECT_EQ(get(store_->build(build)).steps.at(0).attempts, 1);
}

TEST_P(StoreContract, StepsAreThereAfterReopening) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, new_step(0, "a"), {StepState::building});
    const Build before = get(store_->build(build));
    reopen();
    EXPECT_EQ(get(store_->build(build)), before);
}

TEST_P(StoreContract, ALogIsWhatWasAppendedInOrder) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    EXPECT_EQ(get(store_->log(build, 0, 0)), "");
    get(store_->append_log(build, 0, "Step 1/2\n"));
    get(store_->append_log(build, 1, "of b\n"));
    get(store_->append_log(build, 0, ""));
    get(store_->append_log(build, 0, "größe \xFF\n"));
    EXPECT_EQ(get(store_->log(build, 0, 0)), "Step 1/2\ngröße \xFF\n");
    EXPECT_EQ(get(store_->log(build, 1, 0)), "of b\n");
    reopen();
    EXPECT_EQ(get(store_->log(build, 0, 9)), "größe \xFF\n");
}

TEST_P(StoreContract, ALogIsReadFromAByteOn) {
    const BuildId build = planned("images", {new_step(0, "a")});
    get(store_->append_log(build, 0, "one\n"));
    get(store_->append_log(build, 0, "two\n"));
    get(store_->append_log(build, 0, "three\n"));
    EXPECT_EQ(get(store_->log(build, 0, 2)), "e\ntwo\nthree\n");
    EXPECT_EQ(get(store_->log(build, 0, 4)), "two\nthree\n");
    EXPECT_EQ(get(store_->log(build, 0, 13)), "\n");
    EXPECT_EQ(get(store_->log(build, 0, 14)), "");
    EXPECT_EQ(get(store_->log(build, 0, 1'000'000)), "");
}

TEST_P(StoreContract, ALogIsReadInPiecesOfAtMostOneMiB) {
    const BuildId build = planned("images", {new_step(0, "a")});
    std::string text;
    for (int i = 0; text.size() < 2'500'000; ++i) {
        text += "line " + std::to_string(i) + "\n";
    }
    get(store_->append_log(build, 0, text));
    std::string read;
    std::vector<std::size_t> sizes;
    for (std::string piece = get(store_->log(build, 0, 0)); !piece.empty();
         piece = get(store_->log(build, 0, static_cast<std::int64_t>(read.size())))) {
        sizes.push_back(piece.size());
        read += piece;
    }
    EXPECT_EQ(read, text);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1048576, 1048576, text.size() - 2097152}));
}

}  // namespace
}  // namespace slipway::store
