#include "server/factory/reconcile.hpp"

#include "core/model/build_state.hpp"
#include "core/model/object_id.hpp"
#include "server/base/metrics.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/unavailable_store.hpp"
#include "tests/unit/server/factory/upkeep.hpp"
#include "tests/unit/server/mirror/origin.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using namespace std::chrono_literals;

class Reconcile : public UpkeepTest {
protected:
    Reconcile() { configure_remote(); }

    void configure_remote(bool adopt_build = false) {
        config::Repository repository;
        repository.url = origin_.path();
        repository.adopt_build = adopt_build;
        configure(std::move(repository));
    }

    std::string commit(const std::string& branch, const std::string& text) {
        return to_string(origin_.commit(branch, text));
    }

    void look() { test::run_coroutine(context_, reconciler_.look_at_all()); }

    store::Branch branch(const std::string& ref = main_ref) {
        return get(store_->branch("images", ref)).value();
    }

    bool counted(const std::string& result, int times) {
        return metrics_.exposition().contains(
            "slipway_reconcile_total{result=\"" + result + "\"} " + std::to_string(times) + "\n"
        );
    }

    RemoteHealth health() { return reconciler_.health().at("images"); }

    /// The remote is not there until it is moved back.
    void take_away() { std::filesystem::rename(origin_.path(), origin_.path() + ".away"); }

    void bring_back() { std::filesystem::rename(origin_.path() + ".away", origin_.path()); }

    mirror::test::Origin origin_;
    Metrics metrics_;
    Reconciler reconciler_{
        context_.get_executor(), config_, *store_, blocking_, clock_, metrics_, [this] { ++woken_; }
    };
};

TEST_F(Reconcile, AdoptsWhatIsThereAtFirst) {
    const std::string tip = commit("main", "one");
    look();
    EXPECT_EQ(branch().commit, tip);
    EXPECT_EQ(branch().tree, "");
    EXPECT_TRUE(builds().empty());
    EXPECT_EQ(woken_, 0);
    EXPECT_TRUE(counted("same", 1));
}

TEST_F(Reconcile, BuildsWhatIsThereAtFirstWhereAsked) {
    configure_remote(true);
    const std::string tip = commit("main", "one");
    look();
    ASSERT_EQ(builds().size(), 1U);
    EXPECT_EQ(builds()[0].ref, main_ref);
    EXPECT_EQ(builds()[0].before, std::string(40, '0'));
    EXPECT_EQ(builds()[0].after, tip);
    EXPECT_EQ(woken_, 1);
}

TEST_F(Reconcile, AsksOnceForAPushWhoseWebhookWasLost) {
    const std::string first = commit("main", "one");
    look();
    const std::string second = commit("main", "two");
    look();
    ASSERT_EQ(builds().size(), 1U);
    EXPECT_EQ(builds()[0].before, first);
    EXPECT_EQ(builds()[0].after, second);
    EXPECT_EQ(builds()[0].trigger, store::Trigger::reconcile);
    EXPECT_EQ(woken_, 1);
    look();
    EXPECT_EQ(builds().size(), 1U);
    EXPECT_EQ(woken_, 1);
    EXPECT_TRUE(counted("behind", 1));
    plan(claim(), "base");
    look();
    EXPECT_EQ(builds().size(), 1U) << "it is planned by now";
}

TEST_F(Reconcile, AsksForWhatABranchIsResetToAShortWhileLater) {
    const std::string first = commit("main", "one");
    look();
    const std::string second = commit("main", "two");
    look();
    plan(claim(), "base");
    finish({});
    origin_.in({"update-ref", "refs/heads/main", first});
    look();
    ASSERT_EQ(builds().size(), 2U);
    EXPECT_EQ(builds()[0].after, first);
    plan(claim(), "base");
    finish({});
    commit("main", "three");
    look();
    EXPECT_EQ(builds().size(), 3U);
}

TEST_F(Reconcile, AsksForNoBuildOfATipThatIsBuiltAlready) {
    configure_remote(true);
    const store::NewBuild told = push(std::string(40, '0'), commit("main", "one"));
    const BuildId known = request(told);
    store::NewBuild missed = told;
    missed.trigger = store::Trigger::reconcile;
    const store::Accepted asked = get(store_->request(missed, "reconcile"));
    EXPECT_TRUE(asked.duplicate);
    EXPECT_EQ(asked.build, known);
}

TEST_F(Reconcile, AsksAnewAnHourAfterABuildFailedUnplanned) {
    commit("main", "one");
    look();
    commit("main", "two");
    look();
    const store::Build build = claim();
    get(store_->finish(worker_, build.id, model::BuildState::failed, "the disk was full"));
    look();
    EXPECT_EQ(builds().size(), 1U) << "not with every look";
    clock_.advance(1h);
    look();
    ASSERT_EQ(builds().size(), 2U);
    EXPECT_EQ(builds()[0].after, build.after);
}

TEST_F(Reconcile, BuildsABranchWhoseFirstPushFailedUnplanned) {
    request(push(std::string(40, '0'), commit("main", "one")));
    get(store_->finish(worker_, claim().id, model::BuildState::failed, "the disk was full"));
    look();
    EXPECT_EQ(builds().size(), 2U);
    EXPECT_FALSE(get(store_->branch("images", main_ref)).has_value()) << "it is not adopted";
}

TEST_F(Reconcile, BuildsABranchWhoseFirstPushFailedLongAgo) {
    const std::string tip = commit("main", "one");
    request(push(std::string(40, '0'), tip));
    get(store_->finish(worker_, claim().id, model::BuildState::failed, "the token has expired"));
    for (int i = 0; i < 200; ++i) {
        store::NewBuild other = push(std::string(40, '0'), tip);
        other.ref = "refs/heads/other" + std::to_string(i);
        request(other);
        get(store_->finish(worker_, claim().id, model::BuildState::failed, "the same"));
    }
    look();
    EXPECT_FALSE(get(store_->branch("images", main_ref)).has_value()) << "it is not adopted";
}

TEST_F(Reconcile, SeesAPushThatWaitsBehindManyOthers) {
    commit("main", "one");
    look();
    const std::string tip = commit("main", "two");
    request(push(branch().commit, tip));
    for (int i = 0; i < 250; ++i) {
        store::NewBuild other = push(tip, tip);
        other.ref = "refs/heads/other";
        request(other);
    }
    look();
    EXPECT_TRUE(counted("same", 2));
}

TEST_F(Reconcile, ClosesABranchThatIsGone) {
    commit("main", "one");
    commit("topic", "two");
    look();
    origin_.in({"update-ref", "-d", "refs/heads/topic"});
    look();
    EXPECT_EQ(branch("refs/heads/topic").closed, clock_.now());
    EXPECT_FALSE(branch().closed);
}

TEST_F(Reconcile, DoesNotBelieveARemoteThatHasNoBranchAnyMore) {
    commit("main", "one");
    look();
    origin_.in({"update-ref", "-d", main_ref});
    look();
    EXPECT_FALSE(branch().closed);
    EXPECT_TRUE(health().error.contains("no branch any more")) << health().error;
    EXPECT_TRUE(counted("failed", 1));
}

TEST_F(Reconcile, LeavesARemoteThatIsAwayAloneForAWhile) {
    commit("main", "one");
    look();
    EXPECT_EQ(health(), (RemoteHealth{.ok = true, .error = "", .since = clock_.now()}));
    const store::Time start = clock_.now();
    clock_.advance(5min);
    take_away();
    look();
    const RemoteHealth away = health();
    EXPECT_FALSE(away.ok);
    EXPECT_FALSE(away.error.empty());
    EXPECT_EQ(away.since, start + 5min);
    ASSERT_TRUE(away.next);
    EXPECT_GE(*away.next, clock_.now() + 150s);
    EXPECT_LE(*away.next, clock_.now() + 5min);
    bring_back();
    look();
    EXPECT_EQ(health(), away) << "it was not asked";
    clock_.advance(5min);
    look();
    EXPECT_EQ(health(), (RemoteHealth{.ok = true, .error = "", .since = clock_.now()}));
}

TEST_F(Reconcile, WaitsAQuarterOfAnHourAtMost) {
    take_away();
    for (int i = 0; i < 40; ++i) {
        look();
        EXPECT_LE(health().next.value(), clock_.now() + 15min);
        clock_.advance(15min);
    }
    EXPECT_EQ(health().since, clock_.now() - 40 * 15min);
    EXPECT_TRUE(counted("failed", 40));
}

TEST_F(Reconcile, AsksARemoteThatWasAwayWhereTheClockIsSetBack) {
    take_away();
    look();
    bring_back();
    clock_.advance(-2h);
    look();
    EXPECT_TRUE(health().ok);
}

TEST_F(Reconcile, TriesAChangedConfigurationAtOnce) {
    take_away();
    look();
    bring_back();
    configure_remote();
    look();
    EXPECT_TRUE(health().ok);
    config_.replace(config::Config{});
    look();
    EXPECT_TRUE(reconciler_.health().empty()) << "it is not configured any more";
}

TEST_F(Reconcile, AsksForTheBuildsOfFoldersWhoseBaseMoved) {
    commit("main", "one");
    pushed("base", {{"python:3.10", "sha256:old"}});
    store::Branch there = branch();
    there.commit = origin_.in({"rev-parse", "main"});
    get(store_->keep_branch(there));
    get(store_->owe("images", main_ref, "base", "why", R"({"seen": "now"})"));
    look();
    ASSERT_EQ(builds().size(), 2U);
    EXPECT_EQ(builds()[0].folders, std::vector<std::string>{"base"});
    EXPECT_EQ(woken_, 1);
    EXPECT_TRUE(counted("same", 1)) << "no push was missed";
}

/// Another process leads: nothing else of the store may be asked for.
class Follower final : public test::UnavailableStore {
public:
    Answer<bool> lead() override { co_return false; }
};

TEST_F(Reconcile, LeavesAllToTheLeader) {
    Follower store;
    Reconciler reconciler(
        context_.get_executor(), config_, store, blocking_, clock_, metrics_, [this] { ++woken_; }
    );
    test::run_coroutine(context_, reconciler.look_at_all());
    EXPECT_TRUE(reconciler.health().empty());
    EXPECT_TRUE(counted("failed", 0));
}

TEST_F(Reconcile, LooksAtOnceAndEndsWhenItIsCancelled) {
    commit("main", "one");
    bool ended = false;
    net::cancellation_signal stop;
    net::co_spawn(
        context_,
        reconciler_.run(),
        net::bind_cancellation_slot(stop.slot(), [&ended](std::exception_ptr) { ended = true; })
    );
    ASSERT_TRUE(test::run_until(context_, [this] { return !reconciler_.health().empty(); }));
    EXPECT_TRUE(health().ok);
    stop.emit(net::cancellation_type::terminal);
    EXPECT_TRUE(test::run_until(context_, [&ended] { return ended; }));
}

}  // namespace
}  // namespace slipway::factory
