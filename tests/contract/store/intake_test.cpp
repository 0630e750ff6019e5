#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/trace_context.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>  // IWYU pragma: keep
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace slipway::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST_P(StoreContract, AcceptStoresTheDeliverysBuild) {
    NewDelivery delivery = new_push();
    delivery.build->folders = {"python", "node/20"};
    const Accepted accepted = get(store_->accept(delivery));
    EXPECT_FALSE(accepted.duplicate);
    EXPECT_EQ(accepted.reason, "");
    ASSERT_TRUE(accepted.build);
    const Build expected{
        .id = *accepted.build,
        .repository = "images",
        .ref = "refs/heads/main",
        .before = delivery.before,
        .after = delivery.after,
        .trigger = Trigger::push,
        .folders = {"python", "node/20"},
        .state = model::BuildState::queued,
        .plan = "",
        .error = "",
        .delivery = accepted.delivery,
        .created = clock_.now(),
        .started = {},
        .finished = {},
        .steps = {},
    };
    EXPECT_EQ(get(store_->build(*accepted.build)), expected);
}

TEST_P(StoreContract, AnIgnoredDeliveryMakesNoBuild) {
    NewDelivery delivery = new_push();
    delivery.build.reset();
    delivery.reason = "the branch was deleted";
    const Accepted accepted = get(store_->accept(delivery));
    EXPECT_EQ(accepted.build, std::nullopt);
    EXPECT_EQ(accepted.reason, "the branch was deleted");
    EXPECT_TRUE(get(store_->builds({})).empty());
}

TEST_P(StoreContract, ABuildKeepsWhichTraceItIsPartOf) {
    const auto trace = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
    NewDelivery delivery = new_push("images");
    delivery.build->trace = trace;
    const BuildId pushed = get(store_->accept(delivery)).build.value();
    EXPECT_EQ(get(store_->build(pushed)).trace, trace);
    EXPECT_EQ(get(store_->builds({})).at(0).trace, trace);
    EXPECT_EQ(get(store_->claim_build(worker_)).value().trace, trace);
    const BuildId without = request("other");
    EXPECT_EQ(get(store_->build(without)).trace, std::nullopt);
}

TEST_P(StoreContract, TheSameKeyGetsTheFirstAnswer) {
    NewDelivery delivery = new_push();
    const Accepted first = get(store_->accept(delivery));
    clock_.advance(hours(24 * 365));
    delivery.after = std::string(40, 'd');
    const Accepted second = get(store_->accept(delivery));
    EXPECT_TRUE(second.duplicate);
    EXPECT_EQ(second.delivery, first.delivery);
    EXPECT_EQ(second.build, first.build);
    EXPECT_EQ(get(store_->builds({})).size(), 1);
}

TEST_P(StoreContract, TheSameKeyOfAnotherRepositoryIsNoDuplicate) {
    for (const std::string repository : {"images", "tools", "apps"}) {
        NewDelivery delivery = new_push(repository);
        delivery.key = "key";
        EXPECT_FALSE(get(store_->accept(delivery)).duplicate) << repository;
    }
    EXPECT_EQ(get(store_->builds({})).size(), 3);
}

TEST_P(StoreContract, ADuplicateOfAnIgnoredDeliveryGetsTheFirstReason) {
    NewDelivery delivery = new_push();
    delivery.build.reset();
    delivery.reason = "no such project";
    const Accepted first = get(store_->accept(delivery));
    delivery.reason = "another reason";
    const Accepted second = get(store_->accept(delivery));
    EXPECT_TRUE(second.duplicate);
    EXPECT_EQ(second.delivery, first.delivery);
    EXPECT_EQ(second.build, std::nullopt);
    EXPECT_EQ(second.reason, "no such project");
}

TEST_P(StoreContract, WithoutAKeyTheSamePushIsADuplicateFor24Hours) {
    NewDelivery delivery = new_push();
    delivery.key.clear();
    const Accepted first = get(store_->accept(delivery));
    clock_.advance(hours(24) - milliseconds(1));
    const Accepted within = get(store_->accept(delivery));
    EXPECT_TRUE(within.duplicate);
    EXPECT_EQ(within.delivery, first.delivery);
    EXPECT_EQ(within.build, first.build);

    clock_.advance(milliseconds(1));
    const Accepted later = get(store_->accept(delivery));
    EXPECT_FALSE(later.duplicate);
    EXPECT_NE(later.build, first.build);
    EXPECT_EQ(get(store_->accept(delivery)).build, later.build);
}

TEST_P(StoreContract, TheSamePushUnderAnotherKeyIsADuplicate) {
    NewDelivery delivery = new_push();
    const Accepted first = get(store_->accept(delivery));
    delivery.key = "another key";
    EXPECT_EQ(get(store_->accept(delivery)).build, first.build);
}

TEST_P(StoreContract, APushDiffersInRepositoryRefBeforeOrAfter) {
    NewDelivery delivery = new_push();
    delivery.key.clear();
    get(store_->accept(delivery));
    NewDelivery other = delivery;
    other.repository = "tools";
    EXPECT_FALSE(get(store_->accept(other)).duplicate);
    other = delivery;
    other.ref = "refs/heads/next";
    EXPECT_FALSE(get(store_->accept(other)).duplicate);
    other = delivery;
    other.before = std::string(40, 'e');
    EXPECT_FALSE(get(store_->accept(other)).duplicate);
    other = delivery;
    other.after = std::string(40, 'e');
    EXPECT_FALSE(get(store_->accept(other)).duplicate);
    other = delivery;
    other.after.back() = 'e';
    EXPECT_FALSE(get(store_->accept(other)).duplicate);
}

TEST_P(StoreContract, WithoutBothIdsNothingIsADuplicate) {
    NewDelivery delivery = new_push();
    delivery.key.clear();
    delivery.before.clear();
    EXPECT_FALSE(get(store_->accept(delivery)).duplicate);
    EXPECT_FALSE(get(store_->accept(delivery)).duplicate);
    delivery.before = delivery.after;
    delivery.after.clear();
    EXPECT_FALSE(get(store_->accept(delivery)).duplicate);
    EXPECT_FALSE(get(store_->accept(delivery)).duplicate);
}

TEST_P(StoreContract, ARequestIsABuildWithoutADelivery) {
    NewBuild build = new_build("images", Trigger::manual);
    build.before.clear();
    build.folders = {"python"};
    build.no_cache = true;
    const Accepted accepted = get(store_->request(build, ""));
    EXPECT_FALSE(accepted.duplicate);
    const Build stored = get(store_->build(accepted.build.value()));
    EXPECT_EQ(stored.trigger, Trigger::manual);
    EXPECT_EQ(stored.before, "");
    EXPECT_EQ(stored.folders, std::vector<std::string>{"python"});
    EXPECT_TRUE(stored.no_cache);
    EXPECT_EQ(stored.delivery, std::nullopt);
}

TEST_P(StoreContract, ARequestsKeyCountsPerRepository) {
    const Accepted first = get(store_->request(new_build("images"), "key"));
    const Accepted second = get(store_->request(new_build("images"), "key"));
    const Accepted other = get(store_->request(new_build("tools"), "key"));
    EXPECT_TRUE(second.duplicate);
    EXPECT_EQ(second.build, first.build);
    EXPECT_FALSE(other.duplicate);
}

TEST_P(StoreContract, ARequestWithoutAKeyIsNeverADuplicate) {
    EXPECT_NE(request("images"), request("images"));
}

TEST_P(StoreContract, AFindingGivesWayToAPushThatWasToldOfMeanwhile) {
    NewBuild finding = new_build("images", Trigger::reconcile);
    finding.newest_known = request("images");
    NewDelivery elsewhere = new_push();
    elsewhere.build->ref = elsewhere.ref = "refs/heads/other";
    get(store_->accept(elsewhere));
    get(store_->request(new_build("tools"), ""));
    NewBuild rebuild = new_build("images", Trigger::manual);
    rebuild.folders = {"python"};
    get(store_->request(rebuild, ""));
    const Accepted alone = get(store_->request(finding, ""));
    EXPECT_FALSE(alone.duplicate) << "nothing was told of that branch";

    finding.after = std::string(40, 'd');
    finding.newest_known = alone.build;
    const Accepted push = get(store_->accept(new_push()));
    const Accepted late = get(store_->request(finding, ""));
    EXPECT_TRUE(late.duplicate);
    EXPECT_EQ(late.build, push.build);

    finding.newest_known = push.build;
    EXPECT_FALSE(get(store_->request(finding, "")).duplicate) << "what was known is no news";
}

TEST_P(StoreContract, ADeliverysKeyIsNotARequestsKey) {
    NewDelivery delivery = new_push();
    delivery.key = "key";
    get(store_->accept(delivery));
    EXPECT_FALSE(get(store_->request(new_build("images"), "key")).duplicate);
}

TEST_P(StoreContract, WhatWasAcceptedIsThereAfterReopening) {
    const NewDelivery delivery = new_push();
    const Accepted first = get(store_->accept(delivery));
    const Build before = get(store_->build(*first.build));
    reopen();
    EXPECT_EQ(get(store_->build(*first.build)), before);
    const Accepted again = get(store_->accept(delivery));
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.delivery, first.delivery);
}

TEST_P(StoreContract, TextsOfEveryKindAndSizeComeBackAsTheyWere) {
    const std::string odd = "größe/图像/\xF0\x9F\x90\xB3 'quoted' \"double\" \\ \n -- ; %s";
    NewBuild build = new_build(odd);
    build.ref = "refs/heads/" + std::string(100'000, 'x');
    build.folders = {odd, ""};
    const BuildId id = get(store_->request(build, odd)).build.value();
    const Build stored = get(store_->build(id));
    EXPECT_EQ(stored.repository, odd);
    EXPECT_EQ(stored.ref, build.ref);
    EXPECT_EQ(stored.folders, build.folders);
    EXPECT_TRUE(get(store_->request(build, odd)).duplicate);
}

TEST_P(StoreContract, ABodyMayBe25MiBOfAnyBytes) {
    NewDelivery delivery = new_push();
    delivery.body = std::string(std::size_t{25} << 20, '\0') + "\xFF\xFE";
    EXPECT_TRUE(get(store_->accept(delivery)).build);
}

TEST_P(StoreContract, CallsResumeOnTheCallersExecutor) {
    const auto check = [](Store* store) -> net::awaitable<bool> {
        const std::thread::id own = std::this_thread::get_id();
        const Result<WorkerId> written = co_await store->register_worker("another");
        const bool after_write = std::this_thread::get_id() == own;
        const Result<Snapshot> read = co_await store->snapshot();
        co_return written&& read&& after_write&& std::this_thread::get_id() == own;
    };
    EXPECT_TRUE(test::run_coroutine(check(store_.get())));
}

TEST_P(StoreContract, CallsAtTheSameTimeAreAllAnswered) {
    constexpr std::size_t count = 500;
    std::vector<std::future<Result<Accepted>>> answers;
    answers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        answers.push_back(net::co_spawn(context_, store_->accept(new_push()), net::use_future));
    }
    ASSERT_TRUE(test::run_until(context_, [&answers] {
        return std::ranges::all_of(answers, test::is_ready<Result<Accepted>>);
    }));
    std::set<BuildId> ids;
    for (std::future<Result<Accepted>>& answer : answers) {
        ids.insert(answer.get().value().build.value());
    }
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(get(store_->snapshot()).queued_total, count);
}

TEST_P(StoreContract, OfTheSameDeliveryAtTheSameTimeOneIsTheFirst) {
    const NewDelivery delivery = new_push();
    std::vector<std::future<Result<Accepted>>> answers;
    answers.reserve(20);
    for (int i = 0; i < 20; ++i) {
        answers.push_back(net::co_spawn(context_, store_->accept(delivery), net::use_future));
    }
    ASSERT_TRUE(test::run_until(context_, [&answers] {
        return std::ranges::all_of(answers, test::is_ready<Result<Accepted>>);
    }));
    std::set<BuildId> ids;
    int first = 0;
    for (std::future<Result<Accepted>>& answer : answers) {
        const Accepted accepted = answer.get().value();
        ids.insert(accepted.build.value());
        first += accepted.duplicate ? 0 : 1;
    }
    EXPECT_EQ(ids.size(), 1);
    EXPECT_EQ(first, 1);
}

}  // namespace
}  // namespace slipway::store
