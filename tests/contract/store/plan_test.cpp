#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

TEST_P(StoreContract, RecordPlanStoresCommitsTextAndSteps) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    std::vector<Step> steps = {new_step(0, "base"), new_step(1, "python", {0})};
    steps[1].push = false;
    steps[1].priority = StepPriority::cascade;
    steps[1].reasons = R"([{"kind":"base_rebuilt","folder":"base"}])";
    PlanRecord plan = new_plan(steps);
    plan.plan = R"({"steps": []})";
    const BuildEnd end = get(store_->record_plan(worker_, build, plan));
    EXPECT_EQ(end.ended, std::nullopt);
    const Build stored = get(store_->build(build));
    EXPECT_EQ(stored.state, BuildState::running);
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

TEST_P(StoreContract, APlanWithoutStepsEndsTheBuild) {
    const BuildId build = request("images");
    const BuildId next = request("images", Trigger::manual);
    ASSERT_EQ(claim(), next);
    EXPECT_EQ(get(store_->record_plan(worker_, next, new_plan({}))).ended, BuildState::succeeded);
    const Build ended = get(store_->build(next));
    EXPECT_EQ(ended.state, BuildState::succeeded);
    EXPECT_EQ(ended.error, "");
    EXPECT_EQ(ended.finished, clock_.now());
    EXPECT_EQ(claim(), build);
}

TEST_P(StoreContract, APlanWithAnErrorEndsAsFailedWithItAsTheReason) {
    PlanRecord plan = new_plan({new_step(0, "a")});
    plan.error = "b/manifest.yml:3:1: no image";
    const BuildId build = planned("images", plan);
    EXPECT_EQ(get(store_->build(build)).error, plan.error) << "also while it runs";
    push(build, "a");
    EXPECT_EQ(state_of(build), BuildState::failed);
    EXPECT_EQ(get(store_->build(build)).error, plan.error);

    plan.steps.clear();
    EXPECT_EQ(state_of(planned("images", plan)), BuildState::failed);
}

TEST_P(StoreContract, APlanWithAnErrorOfACancelledBuildIsCancelled) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    get(store_->cancel(build, "not wanted"));
    PlanRecord plan = new_plan({new_step(0, "a")});
    plan.error = "b/manifest.yml:3:1: no image";
    EXPECT_EQ(get(store_->record_plan(worker_, build, plan)).ended, BuildState::cancelled);
    EXPECT_EQ(get(store_->build(build)).error, "not wanted");
}

TEST_P(StoreContract, APlanThatCanNotBeStoredChangesNothing) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    const Build before = get(store_->build(build));
    PlanRecord twice = new_plan({new_step(0, "b"), new_step(0, "c")});
    twice.tree = "tree";
    twice.keeps_ledger = true;
    EXPECT_EQ(code_of(store_->record_plan(worker_, build, twice)), ErrorCode::internal);
    EXPECT_EQ(get(store_->build(build)), before);
    EXPECT_TRUE(get(store_->ledger({})).empty());
    EXPECT_TRUE(get(store_->branches("images")).empty());
    get(store_->record_plan(worker_, build, new_plan({new_step(0, "b")})));
}

TEST_P(StoreContract, OnlyWhoClaimedABuildPlansItAndOnce) {
    const BuildId build = request("images");
    const auto refused = [&](WorkerId worker) {
        return code_of(store_->record_plan(worker, build, new_plan({new_step(0, "a")})));
    };
    EXPECT_EQ(refused(worker_), ErrorCode::conflict) << "queued";
    EXPECT_EQ(refused(WorkerId{}), ErrorCode::conflict);
    ASSERT_EQ(claim(), build);
    EXPECT_EQ(refused(WorkerId{4711}), ErrorCode::conflict);
    get(store_->record_plan(worker_, build, new_plan({new_step(0, "b")})));
    EXPECT_EQ(refused(worker_), ErrorCode::conflict) << "planned";
    EXPECT_EQ(refused(WorkerId{}), ErrorCode::conflict);
    EXPECT_EQ(step_of(build, 0).folder, "b");
}

TEST_P(StoreContract, ABasesDigestIsOfWhoAsksFirst) {
    const BuildId build = planned("images", {new_step(0, "a")});
    const BuildId other = planned("tools", {new_step(0, "b")});
    const std::string debian = "docker.io/library/debian:12";
    EXPECT_EQ(get(store_->pin_base(build, debian, "sha256:1")), "sha256:1");
    EXPECT_EQ(get(store_->pin_base(build, debian, "sha256:2")), "sha256:1");
    EXPECT_EQ(get(store_->pin_base(build, "alpine", "sha256:3")), "sha256:3");
    EXPECT_EQ(get(store_->pin_base(other, debian, "sha256:2")), "sha256:2");
    const std::vector<ClaimedStep> claimed = get(store_->claim_steps(worker_, 2));
    ASSERT_EQ(claimed.size(), 2);
    EXPECT_EQ(
        claimed[0].bases,
        (std::map<std::string, std::string>{{debian, "sha256:1"}, {"alpine", "sha256:3"}})
    );
    EXPECT_EQ(claimed[1].bases, (std::map<std::string, std::string>{{debian, "sha256:2"}}));
}

TEST_P(StoreContract, StepsThatWereNotBegunAreThereAfterReopening) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b", {0})});
    const Build before = get(store_->build(build));
    reopen();
    EXPECT_EQ(get(store_->build(build)), before);
    worker_ = registered("here");
    EXPECT_EQ(get(store_->build(build)), before);
    EXPECT_EQ(state_of(build, 1), StepState::waiting);
}

}  // namespace
}  // namespace slipway::store
