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

TEST_P(StoreContract, ClaimOfAnEmptyQueueIsNothing) {
    EXPECT_EQ(claim(), std::nullopt);
}

TEST_P(StoreContract, ClaimMakesABuildRunning) {
    const BuildId build = request("images");
    clock_.advance(std::chrono::seconds(5));
    const Build claimed = get(store_->claim_build(worker_)).value();
    EXPECT_EQ(claimed.id, build);
    EXPECT_EQ(claimed.state, BuildState::running);
    EXPECT_EQ(claimed.started, clock_.now());
    EXPECT_EQ(get(store_->build(build)), claimed);
}

TEST_P(StoreContract, WhoIsNotRegisteredClaimsNothing) {
    const BuildId build = request("images", Trigger::manual);
    EXPECT_EQ(claim(WorkerId{4711}), std::nullopt);
    EXPECT_EQ(claim(WorkerId{}), std::nullopt);
    EXPECT_EQ(state_of(build), BuildState::queued);
    get(store_->cancel(build, ""));
    planned("tools", {new_step(0, "a")});
    EXPECT_TRUE(get(store_->claim_steps(WorkerId{4711}, 1)).empty());
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
    const auto queue = [this](const std::string& ref, Trigger trigger) {
        NewBuild build = new_build("a", trigger);
        build.ref = ref;
        return get(store_->request(build, "")).build.value();
    };
    const BuildId reconcile = queue("refs/heads/x", Trigger::reconcile);
    const BuildId push = queue("refs/heads/y", Trigger::push);
    const BuildId later_push = queue("refs/heads/z", Trigger::push);
    for (const BuildId expected : {push, later_push, reconcile}) {
        ASSERT_EQ(claim(), expected);
        get(store_->finish(worker_, expected, BuildState::succeeded, ""));
    }
}

TEST_P(StoreContract, ARepositoryHasOneRunningBuildAtATime) {
    const BuildId first = request("a");
    const BuildId second = request("a", Trigger::manual);
    const BuildId elsewhere = request("b", Trigger::reconcile);
    ASSERT_EQ(claim(), second);
    EXPECT_EQ(claim(), elsewhere);
    EXPECT_EQ(claim(), std::nullopt);
    get(store_->finish(worker_, second, BuildState::failed, "no"));
    EXPECT_EQ(claim(), first);
}

TEST_P(StoreContract, FinishSaysHowItEnded) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    clock_.advance(std::chrono::minutes(3));
    get(store_->finish(worker_, build, BuildState::failed, "the remote is away"));
    const Build ended = get(store_->build(build));
    EXPECT_EQ(ended.state, BuildState::failed);
    EXPECT_EQ(ended.error, "the remote is away");
    EXPECT_EQ(ended.finished, clock_.now());
}

TEST_P(StoreContract, FinishNeedsAFinalState) {
    const BuildId build = request("images");
    ASSERT_EQ(claim(), build);
    EXPECT_EQ(code_of(store_->finish(worker_, build, BuildState::queued, "")), ErrorCode::conflict);
    EXPECT_EQ(
        code_of(store_->finish(worker_, build, BuildState::running, "")), ErrorCode::conflict
    );
    EXPECT_EQ(state_of(build), BuildState::running);
}

TEST_P(StoreContract, OnlyItsPlannerEndsABuild) {
    const BuildId build = request("images");
    const auto end = [&](WorkerId worker) {
        return code_of(store_->finish(worker, build, BuildState::failed, ""));
    };
    EXPECT_EQ(end(worker_), ErrorCode::conflict) << "queued";
    EXPECT_EQ(end(WorkerId{}), ErrorCode::conflict);
    ASSERT_EQ(claim(), build);
    EXPECT_EQ(end(WorkerId{4711}), ErrorCode::conflict);
    get(store_->finish(worker_, build, BuildState::cancelled, ""));
    EXPECT_EQ(end(worker_), ErrorCode::conflict) << "final";
    EXPECT_EQ(state_of(build), BuildState::cancelled);
}

TEST_P(StoreContract, APlannedBuildIsEndedByItsStepsAlone) {
    const BuildId build = planned("images", {new_step(0, "a")});
    for (const WorkerId worker : {worker_, WorkerId{}}) {
        EXPECT_EQ(
            code_of(store_->finish(worker, build, BuildState::failed, "")), ErrorCode::conflict
        );
    }
}

TEST_P(StoreContract, WhatDoesNotExistIsNotFound) {
    const BuildId none{4711};
    EXPECT_EQ(code_of(store_->build(none)), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->finish(worker_, none, BuildState::failed, "")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->record_plan(worker_, none, {})), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->update_step(worker_, none, new_step(0, "a"))), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->release_step(worker_, none, new_step(0, "a"))), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->cancel(none, "")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->pin_base(none, "a", "b")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->append_log(none, 0, "x\n")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->log(none, 0, 0)), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->delivery(DeliveryId{4711})), ErrorCode::not_found);
    const BuildId build = planned("images", {new_step(0, "a")});
    EXPECT_EQ(code_of(store_->update_step(worker_, build, new_step(1, "a"))), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->append_log(build, 1, "x\n")), ErrorCode::not_found);
    EXPECT_EQ(code_of(store_->log(build, 1, 0)), ErrorCode::not_found);
}

TEST_P(StoreContract, BuildsListsTheNewestFirstWithoutStepsAndPlans) {
    const BuildId first = planned("a", {new_step(0, "x")});
    const BuildId second = request("b");
    const std::vector<Build> builds = get(store_->builds({}));
    ASSERT_EQ(builds.size(), 2);
    EXPECT_EQ(builds[0].id, second);
    EXPECT_EQ(builds[1].id, first);
    EXPECT_TRUE(builds[1].steps.empty());
    EXPECT_EQ(builds[1].plan, "");
}

TEST_P(StoreContract, BuildsFiltersAndPages) {
    const BuildId a1 = request("a");
    const BuildId b1 = request("b");
    const BuildId a2 = request("a", Trigger::manual);
    const BuildId a3 = request("a");
    get(store_->cancel(a2, ""));
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
    EXPECT_EQ(ids({.repository = "", .state = BuildState::cancelled, .older_than = {}}), Ids{a2});
    EXPECT_EQ(ids({.repository = "a", .state = BuildState::queued, .older_than = a3}), Ids{a1});
    EXPECT_EQ(ids({.repository = "", .state = {}, .older_than = a2}), (Ids{b1, a1}));
    EXPECT_EQ(ids({.repository = "", .state = {}, .older_than = {}, .limit = 2}), (Ids{a3, a2}));
    EXPECT_EQ(ids({.repository = "none", .state = {}, .older_than = {}}), Ids{});
}

TEST_P(StoreContract, BuildsOfABranchThatAreAboutAFolder) {
    const auto request_for = [this](const std::string& ref, std::vector<std::string> folders) {
        NewBuild wanted = new_build("images", Trigger::manual);
        wanted.ref = ref;
        wanted.folders = std::move(folders);
        return get(store_->request(wanted, "")).build.value();
    };
    const auto ids = [this](const std::string& ref, const std::string& folder) {
        std::vector<BuildId> found;
        for (const Build& build :
             get(store_->builds({.repository = "images", .ref = ref, .folder = folder}))) {
            found.push_back(build.id);
        }
        return found;
    };
    using Ids = std::vector<BuildId>;
    const std::string main = "refs/heads/main";
    const BuildId base = request_for(main, {"base", "odd \"name\""});
    ASSERT_EQ(claim(), base);
    get(store_->record_plan(worker_, base, new_plan({new_step(0, "base"), new_step(1, "web")})));
    const BuildId push = request("images");
    const BuildId next = request_for("refs/heads/next", {"base"});
    request("tools");
    EXPECT_EQ(ids(main, ""), (Ids{push, base}));
    EXPECT_EQ(ids(main, "base"), (Ids{push, base}));
    EXPECT_EQ(ids(main, "web"), (Ids{push, base})) << "it was built with what was asked for";
    EXPECT_EQ(ids(main, "odd \"name\""), (Ids{push, base}));
    EXPECT_EQ(ids(main, "bas"), Ids{push});
    EXPECT_EQ(ids("refs/heads/next", "base"), Ids{next});
    EXPECT_EQ(ids("refs/heads/next", "web"), Ids{});
    get(store_->supersede(push, "superseded"));
    EXPECT_EQ(ids(main, "bas"), Ids{}) << "it says nothing of any folder";
    EXPECT_EQ(ids(main, ""), (Ids{push, base}));
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
