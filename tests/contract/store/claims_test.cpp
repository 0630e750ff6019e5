#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;
using Folders = std::vector<std::string>;

Step with_priority(Step step, StepPriority priority) {
    step.priority = priority;
    return step;
}

Step unpushed(Step step) {
    step.push = false;
    return step;
}

TEST_P(StoreContract, NoStepIsNothing) {
    EXPECT_TRUE(folders_of_claims(10).empty());
    request("images");
    EXPECT_TRUE(folders_of_claims(10).empty()) << "it is not planned yet";
    EXPECT_TRUE(folders_of_claims(0).empty());
}

TEST_P(StoreContract, AClaimedStepHasAllThatItsWorkerNeeds) {
    Step first = new_step(0, "a");
    Step second = new_step(1, "b");
    const BuildId build = planned("images", {first, second, new_step(2, "c", {0, 1})});
    Step done = take("a");
    done.digests = {{"registry.example/a:1", "sha256:1"}};
    using enum StepState;
    move_step(build, done, {building, built, pushing, pushed});
    move_step(build, take("b"), {unchanged});
    get(store_->pin_base(build, "debian:12", "sha256:2"));

    const std::vector<ClaimedStep> claimed = get(store_->claim_steps(worker_, 10));
    ASSERT_EQ(claimed.size(), 1);
    const Build stored = get(store_->build(build));
    EXPECT_EQ(claimed[0].step, stored.steps.at(2));
    EXPECT_EQ(claimed[0].step.worker, "here");
    EXPECT_EQ(claimed[0].parents, (std::vector{stored.steps.at(0), stored.steps.at(1)}));
    EXPECT_EQ(claimed[0].bases, (std::map<std::string, std::string>{{"debian:12", "sha256:2"}}));
    EXPECT_EQ(claimed[0].build.id, build);
    EXPECT_EQ(claimed[0].build.repository, "images");
    EXPECT_EQ(claimed[0].build.after, "after");
    EXPECT_TRUE(claimed[0].build.steps.empty());
}

TEST_P(StoreContract, StepsGoByPriorityThenByPlaceInTheBuild) {
    planned(
        "images",
        {with_priority(new_step(0, "a"), StepPriority::reconcile),
         with_priority(new_step(1, "b"), StepPriority::cascade),
         with_priority(new_step(2, "c"), StepPriority::manual),
         new_step(3, "d"),
         new_step(4, "e")}
    );
    EXPECT_EQ(folders_of_claims(10), (Folders{"c", "d", "e", "b", "a"}));
}

TEST_P(StoreContract, PriorityGoesBeforeAge) {
    planned("a", {with_priority(new_step(0, "cascade"), StepPriority::cascade)});
    planned(
        "b", {new_step(0, "push"), with_priority(new_step(1, "owed"), StepPriority::reconcile)}
    );
    planned("c", {with_priority(new_step(0, "people"), StepPriority::manual)});
    EXPECT_EQ(folders_of_claims(10), (Folders{"people", "push", "cascade", "owed"}));
}

TEST_P(StoreContract, TheRepositoryWithTheFewestAtWorkGoesFirst) {
    const BuildId first =
        planned("a", {new_step(0, "a1"), new_step(1, "a2"), new_step(2, "a3"), new_step(3, "a4")});
    EXPECT_EQ(folders_of_claims(2), (Folders{"a1", "a2"}));
    planned("b", {new_step(0, "b1"), new_step(1, "b2"), new_step(2, "b3")});
    EXPECT_EQ(folders_of_claims(2), (Folders{"b1", "b2"}));
    EXPECT_EQ(folders_of_claims(1), Folders{"a3"}) << "of equals the older one";
    move_step(first, step_of(first, 0), {StepState::building, StepState::failed});
    move_step(first, step_of(first, 1), {StepState::building, StepState::failed});
    EXPECT_EQ(folders_of_claims(10), (Folders{"a4", "b3"}));
}

TEST_P(StoreContract, AClaimTakesAtMostSoMany) {
    planned("a", {new_step(0, "x"), new_step(1, "y"), new_step(2, "z")});
    EXPECT_EQ(folders_of_claims(1).size(), 1);
    EXPECT_EQ(folders_of_claims(10).size(), 2);
    EXPECT_TRUE(folders_of_claims(10).empty());
}

TEST_P(StoreContract, AStepOfABuildThatIsOverIsNotClaimed) {
    const BuildId build = planned("a", {new_step(0, "x"), new_step(1, "y")});
    get(store_->cancel(build, "enough"));
    EXPECT_EQ(state_of(build), BuildState::cancelled);
    EXPECT_TRUE(folders_of_claims(10).empty());
}

TEST_P(StoreContract, ABuiltStepIsPushedFromWhereItsImageIs) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    move_step(build, step, {StepState::building});
    step.state = StepState::built;
    step.engine = "local";
    get(store_->release_step(worker_, build, step));
    EXPECT_EQ(take("a"), step);
}

TEST_P(StoreContract, ABuiltStepOfWhoIsGoneIsAnyones) {
    const BuildId build = planned("images", {new_step(0, "a")});
    move_step(build, take("a"), {StepState::building, StepState::built});
    clock_.advance(lease_time + std::chrono::milliseconds(1));
    worker_ = registered("another");
    get(store_->heartbeat(worker_));
    const Step step = take("a");
    EXPECT_EQ(step.state, StepState::built);
    EXPECT_EQ(step.worker, "here") << "who has the image, and not who has the step";
}

TEST_P(ManyWorkersContract, ABuiltStepGoesToWhoHasItsImageWhileThatLives) {
    const BuildId build = planned("images", {new_step(0, "a")});
    Step step = take("a");
    move_step(build, step, {StepState::building});
    step.state = StepState::built;
    get(store_->release_step(worker_, build, step));
    EXPECT_TRUE(folders_of_claims(10, other_).empty());
    worker_ = registered("here");
    EXPECT_TRUE(folders_of_claims(10, other_).empty()) << "the name counts";
    clock_.advance(lease_time + std::chrono::milliseconds(1));
    EXPECT_EQ(folders_of_claims(10, other_), Folders{"a"});
}

TEST_P(ManyWorkersContract, AReadyStepGoesToAnyone) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    Step step = take("a");
    get(store_->release_step(worker_, build, step));
    EXPECT_EQ(take("a", other_).worker, "there");
    EXPECT_EQ(take("b").worker, "here");
}

TEST_P(ManyWorkersContract, AllOfABuildThatDoesNotPushIsOfOneWorker) {
    planned("images", {new_step(0, "a"), unpushed(new_step(1, "b")), new_step(2, "c")});
    planned("tools", {new_step(0, "d")});
    EXPECT_EQ(folders_of_claims(1), Folders{"a"});
    EXPECT_EQ(folders_of_claims(10, other_), Folders{"d"});
    EXPECT_EQ(folders_of_claims(10), (Folders{"b", "c"}));
}

TEST_P(ManyWorkersContract, ABuildThatDoesNotPushMovesOnceItsWorkerIsGone) {
    const BuildId build =
        planned("images", {unpushed(new_step(0, "a")), unpushed(new_step(1, "b"))});
    Step step = take("a");
    get(store_->release_step(worker_, build, step));
    EXPECT_TRUE(folders_of_claims(10, other_).empty());
    clock_.advance(lease_time + std::chrono::milliseconds(1));
    EXPECT_EQ(folders_of_claims(1, other_), Folders{"a"});
    get(store_->heartbeat(other_));
    worker_ = registered("here");
    EXPECT_TRUE(folders_of_claims(10).empty()) << "it has moved";
    EXPECT_EQ(folders_of_claims(10, other_), Folders{"b"});
}

}  // namespace
}  // namespace slipway::store
