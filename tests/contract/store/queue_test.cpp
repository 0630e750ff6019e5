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

TEST_P(StoreContract, ClaimOfAnEmptyQueueIsNothing) {
    EXPECT_EQ(claim(), std::nullopt);
}

TEST_P(StoreContract, ClaimMakesABuildRunning) {
    const BuildId build = request("images");
    clock_.advance(std::chrono::seconds(5));
    const Build claimed = get(store_->claim()).value();
    EXPECT_EQ(claimed.id, build);
    EXPECT_EQ(claimed.state, BuildState::running);
    EXPECT_EQ(claimed.started, clock_.now());
    EXPECT_EQ(get(store_->build(build)), claimed);
}

TEST_P(StoreContract, ClaimGoesByTriggerThenAge) {
    const BuildId reconcile = request("a", Trigger::reconcile);
    const BuildId push = request("b", Trigger::push);
    const BuildId later_push = request("c", Trigger::push);
    const BuildId manual = request("d", Trigger::manual);
    EXPECT_EQ(claim(), manual);
    EXPECT_EQ(claim(), push);
    EXPECT_EQ(claim(), later_push);
    EXPECT_EQ(claim(), reconcile);
    EXPECT_EQ(claim(), std::nullopt);
}

TEST_P(StoreContract, ClaimGoesByTriggerThenAgeWithinARepository) {
    const BuildId reconcile = request("a", Trigger::reconcile);
    const BuildId push = request("a", Trigger::push);
    const BuildId later_push = request("a", Trigger::push);
    for (const BuildId expected : {push, later_push, reconcile}) {
        ASSERT_EQ(claim(), expected);
        get(store_->finish(expected, BuildState::succeeded, ""));
    }
}

TEST_P(StoreContract, ARepositoryHasOneRunningBuildAtATime) {
    const BuildId first = request("a");
    const BuildId second = request("a", Trigger::manual);
    const BuildId elsewhere = request("b", Trigger::reconcile);
    ASSERT_EQ(claim(), second);
    EXPECT_EQ(claim(), elsewhere);
    EXPECT_EQ(claim(), std::nullopt);
    get(store_->finish(second, BuildState::failed, "no"));
    EXPECT_EQ(claim(), first);
}

TEST_P(StoreContract, FinishSaysHowItEnded) {
    const BuildId build = planned("images", {});
    clock_.advance(std::chrono::minutes(3));
    get(store_->finish(build, BuildState::failed, "python: exit code 2"));
    const Build ended = get(store_->build(build));
    EXPECT_EQ(ended.state, BuildState::failed);
    EXPECT_EQ(ended.error, "python: exit code 2");
    EXPECT_EQ(ended.finished, clock_.now());
}

TEST_P(StoreContract, AQueuedBuildMayEndUnclaimed) {
    const BuildId build = request("images");
    get(store_->finish(build, BuildState::superseded, ""));
    EXPECT_EQ(claim(), std::nullopt);
}

TEST_P(StoreContract, FinishNeedsAFinalStateAndABuildThatIsNotFinal) {
    const BuildId build = request("images");
    EXPECT_EQ(code_of(store_->finish(build, BuildState::queued, "")), ErrorCode::conflict);
    EXPECT_EQ(code_of(store_->finish(build, BuildState::running, "")), ErrorCode::conflict);
    get(store_->finish(build, BuildState::cancelled, ""));
    EXPECT_EQ(code_of(store_->finish(build, BuildState::succeeded, "")), ErrorCode::conflict);
    EXPECT_EQ(get(store_->build(build)).state, BuildState::cancelled);
}

TEST_P(StoreContract, WhatDoesNotExistIsNotFound) {
    const BuildId none{4711};
    EXPECT_EQ(code_of(store_->build(none)), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->finish(none, BuildState::failed, "")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->record_plan(none, {})), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->update_step(none, new_step(0, "a"))), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->append_log(none, 0, "x\n")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->log(none, 0, 0)), ErrorCode::not_found);
    const BuildId build = planned("images", {new_step(0, "a")});
    EXPECT_EQ(code_of(store_->update_step(build, new_step(1, "a"))), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->append_log(build, 1, "x\n")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->log(build, 1, 0)), ErrorCode::not_found);
}

TEST_P(StoreContract, RecoverReturnsWhatRanWithItsStepsReset) {
    const std::vector<Step> steps = {
        new_step(0, "a"), new_step(1, "b"), new_step(2, "c"), new_step(3, "d")
    };
    const BuildId build = planned("images", steps);
    const BuildId waiting = request("images");
    move_step(build, steps[0], {StepState::building});
    move_step(build, steps[1], {StepState::building, StepState::built, StepState::pushing});
    move_step(build, steps[2], {StepState::building, StepState::failed});
    reopen();
    const std::vector<Build> recovered = get(store_->recover());
    ASSERT_EQ(recovered.size(), 1);
    EXPECT_EQ(recovered[0].id, build);
    EXPECT_EQ(recovered[0].steps.at(0).state, StepState::ready);
    EXPECT_EQ(recovered[0].steps.at(1).state, StepState::built);
    EXPECT_EQ(recovered[0].steps.at(2).state, StepState::failed);
    EXPECT_EQ(recovered[0].steps.at(3).state, StepState::ready);
    EXPECT_EQ(recovered[0], get(store_->build(build)));
    EXPECT_EQ(get(store_->build(waiting)).state, BuildState::queued);
    EXPECT_EQ(claim(), std::nullopt) << "the repository's build runs on";
}

TEST_P(StoreContract, RecoverLeavesStepsOfFinishedBuildsAlone) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, new_step(0, "a"), {StepState::building});
    get(store_->finish(build, BuildState::cancelled, ""));
    EXPECT_TRUE(get(store_->recover()).empty());
    EXPECT_EQ(state_of(build, 0), StepState::building);
}

TEST_P(StoreContract, BuildsListsTheNewestFirstWithoutSteps) {
    const BuildId first = planned("a", {new_step(0, "x")});
    const BuildId second = request("b");
    const std::vector<Build> builds = get(store_->builds({}));
    ASSERT_EQ(builds.size(), 2);
    EXPECT_EQ(builds[0].id, second);
    EXPECT_EQ(builds[1].id, first);
    EXPECT_TRUE(builds[1].steps.empty());
    EXPECT_EQ(builds[1].plan, "{}");
}

TEST_P(StoreContract, BuildsFiltersAndPages) {
    const BuildId a1 = request("a");
    const BuildId b1 = request("b");
    const BuildId a2 = request("a");
    const BuildId a3 = request("a");
    get(store_->finish(a2, BuildState::superseded, ""));
    const auto ids = [this](const BuildQuery& query) {
        std::vector<BuildId> found;
        for (const Build& build : get(store_->builds(query))) {
            found.push_back(build.id);
        }
        return found;
    };
    using Ids = std::vector<BuildId>;
    EXPECT_EQ(ids({.repository = "a", .state = {}, .older_than = {}}), (Ids{a3, a2, a1}));
    EXPECT_EQ(
        ids({.repository = "", .state = BuildState::queued, .older_than = {}}), (Ids{a3, b1, a1})
    );
    EXPECT_EQ(ids({.repository = "", .state = BuildState::superseded, .older_than = {}}), Ids{a2});
    EXPECT_EQ(ids({.repository = "a", .state = BuildState::queued, .older_than = a3}), Ids{a1});
    EXPECT_EQ(ids({.repository = "", .state = {}, .older_than = a2}), (Ids{b1, a1}));
    EXPECT_EQ(ids({.repository = "", .state = {}, .older_than = {}, .limit = 2}), (Ids{a3, a2}));
    EXPECT_EQ(ids({.repository = "none", .state = {}, .older_than = {}}), Ids{});
}

TEST_P(StoreContract, BuildsAreFiftyUnlessToldAndNeverMoreThan200) {
    for (int i = 0; i < 201; ++i) {
        request("a");
    }
    EXPECT_EQ(get(store_->builds({})).size(), 50);
    EXPECT_EQ(
        get(store_->builds({.repository = "", .state = {}, .older_than = {}, .limit = 1000}))
            .size(),
        200
    );
}

}  // namespace
}  // namespace slipway::store
