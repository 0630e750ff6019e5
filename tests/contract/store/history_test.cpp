#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_suites.hpp"

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
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_P(StoreContract, ADeliveryIsStoredAsItCame) {
    NewDelivery sent = new_push();
    const Accepted accepted = get(store_->accept(sent));
    const Delivery stored = get(store_->delivery(accepted.delivery));
    EXPECT_EQ(stored.id, accepted.delivery);
    EXPECT_EQ(stored.received, clock_.now());
    EXPECT_EQ(stored.repository, "images");
    EXPECT_EQ(stored.event, "push");
    EXPECT_EQ(stored.ref, sent.ref);
    EXPECT_EQ(stored.before, sent.before);
    EXPECT_EQ(stored.after, sent.after);
    EXPECT_EQ(stored.headers, sent.headers);
    EXPECT_EQ(stored.reason, "");
    EXPECT_EQ(stored.build, accepted.build);
}

TEST_P(StoreContract, DeliveriesAreListedTheNewestFirst) {
    const auto ids = [this](const DeliveryQuery& query) {
        std::vector<DeliveryId> found;
        for (const Delivery& delivery : get(store_->deliveries(query))) {
            found.push_back(delivery.id);
        }
        return found;
    };
    using Ids = std::vector<DeliveryId>;
    EXPECT_EQ(ids({}), Ids{});
    const DeliveryId first = get(store_->accept(new_push())).delivery;
    const DeliveryId second = get(store_->accept(new_push("tools"))).delivery;
    NewDelivery ignored = new_push();
    ignored.build.reset();
    ignored.reason = "the branch was deleted";
    const DeliveryId third = get(store_->accept(ignored)).delivery;
    EXPECT_EQ(ids({}), (Ids{third, second, first}));
    EXPECT_EQ(ids({.repository = "images"}), (Ids{third, first}));
    EXPECT_EQ(ids({.older_than = third}), (Ids{second, first}));
    EXPECT_EQ(ids({.repository = "images", .older_than = third}), Ids{first});
    EXPECT_EQ(ids({.limit = 1}), Ids{third});
    EXPECT_EQ(get(store_->delivery(third)).reason, "the branch was deleted");
    EXPECT_EQ(get(store_->delivery(third)).build, std::nullopt);
}

TEST_P(StoreContract, DurationsAreOfTheLastTenBuildsThatSucceeded) {
    const auto build_for = [this](milliseconds time, StepState end) {
        const BuildId build = planned("images", {new_step(0, "a")});
        Step step = take("a");
        step.started = clock_.now();
        using enum StepState;
        move_step(build, step, {building, built, pushing});
        clock_.advance(time);
        move_step(build, step, {end});
    };
    EXPECT_TRUE(get(store_->durations("images", "a")).empty());
    for (int i = 1; i <= 11; ++i) {
        build_for(seconds(i), StepState::pushed);
    }
    build_for(hours(1), StepState::failed);
    const std::vector<milliseconds> found = get(store_->durations("images", "a"));
    ASSERT_EQ(found.size(), 10);
    EXPECT_EQ(found.front(), seconds(11));
    EXPECT_EQ(found.back(), seconds(2));
    EXPECT_TRUE(get(store_->durations("images", "b")).empty());
    EXPECT_TRUE(get(store_->durations("tools", "a")).empty());
}

TEST_P(PruneContract, NothingIsRemovedThatIsNotOldEnough) {
    failed_build("a");
    failed_build("a");
    get(store_->accept(new_push("tools")));
    clock_.advance(hours(1));
    EXPECT_EQ(get(store_->prune(older())), Pruned{});
    EXPECT_EQ(get(store_->prune({})), Pruned{});
}

TEST_P(PruneContract, OldBuildsGoWithTheirLogs) {
    const BuildId first = failed_build("a");
    clock_.advance(milliseconds(1));
    const BuildId second = failed_build("a");
    clock_.advance(hours(1));
    const std::uint64_t version = store_->version();
    Keep keep = older();
    keep.logs_from = Time{};
    EXPECT_EQ(get(store_->prune(keep)), (Pruned{.builds = 1}));
    EXPECT_GT(store_->version(), version);
    EXPECT_FALSE(exists(first));
    EXPECT_TRUE(exists(second));
}

TEST_P(PruneContract, LogsGoBeforeTheirBuilds) {
    const BuildId build = failed_build("a");
    clock_.advance(hours(2));
    const BuildId later = failed_build("b");
    EXPECT_EQ(get(store_->prune(older())), (Pruned{.logs = 1}));
    EXPECT_EQ(get(store_->log(build, 0, 0)), "");
    EXPECT_EQ(get(store_->log(later, 0, 0)), "of b\n");
}

TEST_P(PruneContract, ADashboardsNewestStepStays) {
    const BuildId first = planned("images", {new_step(0, "a"), new_step(1, "b")});
    break_step(first, "a", "no");
    break_step(first, "b", "no");
    const BuildId second = failed_build("a");
    const BuildId third = failed_build("a");
    clock_.advance(hours(2));
    EXPECT_EQ(get(store_->prune(older())).builds, 1);
    EXPECT_TRUE(exists(first)) << "the newest of b";
    EXPECT_FALSE(exists(second));
    EXPECT_TRUE(exists(third));
}

TEST_P(PruneContract, WhatTheLedgerNamesStays) {
    const auto on_branch = [this](const std::string& ref, const std::string& tree) {
        NewBuild wanted = new_build("images");
        wanted.ref = ref;
        const BuildId build = get(store_->request(wanted, "")).build.value();
        EXPECT_EQ(claim(), build);
        PlanRecord plan = new_plan({new_step(0, "a")});
        plan.steps[0].tree = tree;
        plan.tree = "tree";
        plan.keeps_ledger = true;
        get(store_->record_plan(worker_, build, plan));
        return build;
    };
    const BuildId replaced = on_branch("refs/heads/main", "t1");
    push(replaced, "a");
    const BuildId pushed = on_branch("refs/heads/main", "t2");
    push(pushed, "a");
    const BuildId owing = on_branch("refs/heads/next", "t3");
    break_step(owing, "a", "no");
    failed_build("a");
    clock_.advance(hours(2));
    EXPECT_EQ(get(store_->prune(older())).builds, 1);
    EXPECT_FALSE(exists(replaced));
    EXPECT_TRUE(exists(pushed)) << "its image is the last that was pushed";
    EXPECT_TRUE(exists(owing)) << "it was to push what is owed";
    EXPECT_EQ(get(store_->ledger({})).size(), 2);
}

TEST_P(PruneContract, WhatIsNotOverStays) {
    const BuildId running = planned("images", {new_step(0, "a")});
    get(store_->append_log(running, 0, "text\n"));
    const BuildId queued = request("images");
    clock_.advance(hours(24 * 365));
    EXPECT_EQ(get(store_->prune(older())), Pruned{});
    EXPECT_TRUE(exists(running));
    EXPECT_TRUE(exists(queued));
}

TEST_P(PruneContract, OldDeliveriesGoAndTheirBuildsStay) {
    const Accepted first = get(store_->accept(new_push()));
    clock_.advance(milliseconds(1));
    const Accepted second = get(store_->accept(new_push("tools")));
    clock_.advance(hours(1));
    EXPECT_EQ(get(store_->prune(older())), (Pruned{.deliveries = 1}));
    const std::vector<Delivery> left = get(store_->deliveries({}));
    ASSERT_EQ(left.size(), 1);
    EXPECT_EQ(left[0].id, second.delivery);
    EXPECT_EQ(get(store_->build(first.build.value())).delivery, std::nullopt);
}

TEST_P(PruneContract, ABuildGoesBeforeItsDelivery) {
    const Accepted accepted = get(store_->accept(new_push()));
    ASSERT_EQ(claim(), accepted.build);
    get(store_->finish(worker_, *accepted.build, BuildState::succeeded, ""));
    clock_.advance(hours(2));
    Keep keep = older();
    keep.deliveries_from = Time{};
    EXPECT_EQ(get(store_->prune(keep)), (Pruned{.builds = 1}));
    EXPECT_EQ(get(store_->delivery(accepted.delivery)).build, std::nullopt);
}

TEST_P(PruneContract, OneCallRemovesAtMostSoMuch) {
    for (int i = 0; i < 5; ++i) {
        const BuildId build = ended("images", BuildState::succeeded, Trigger::push);
        EXPECT_TRUE(exists(build));
        NewDelivery ignored = new_push();
        ignored.build.reset();
        get(store_->accept(ignored));
    }
    const BuildId logged = planned("images", {new_step(0, "a")});
    get(store_->append_log(logged, 0, std::string(5 * 65536, 'x')));
    break_step(logged, "a", "no");
    clock_.advance(hours(2));
    Keep keep = older();
    keep.most = 2;
    const Pruned two{.builds = 2, .logs = 2, .deliveries = 2};
    EXPECT_EQ(get(store_->prune(keep)), two);
    EXPECT_EQ(get(store_->prune(keep)), two);
    const Pruned one{.builds = 1, .logs = 1, .deliveries = 1};
    EXPECT_EQ(get(store_->prune(keep)), one);
    EXPECT_EQ(get(store_->prune(keep)), Pruned{});
}

}  // namespace
}  // namespace slipway::store
