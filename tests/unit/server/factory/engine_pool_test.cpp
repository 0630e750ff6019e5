#include "server/factory/engine_pool.hpp"

#include "core/base/result.hpp"
#include "server/base/metrics.hpp"
#include "tests/support/engine_seats.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

class Pool : public testing::Test {
protected:
    /// Two engines, `a` and `b`, with so many places each.
    void make(
        std::size_t builds,
        std::size_t most_steps = 8,
        std::optional<std::chrono::milliseconds> patience = std::nullopt
    ) {
        std::vector<EngineSeat> seats;
        for (const char* const name : {"a", "b"}) {
            auto engine = std::make_unique<test::FakeEngine>(context_.get_executor());
            fakes_.push_back(engine.get());
            seats.push_back(test::make_seat(name, std::move(engine), builds));
        }
        pool_.emplace(context_.get_executor(), std::move(seats), most_steps, metrics_, patience);
    }

    /// Asks for a place; what comes of it is in gotten(), in order.
    void ask(Wish wish = {}) {
        net::co_spawn(context_, take(std::move(wish)), [](std::exception_ptr) {});
        settle();
    }

    void settle() {
        context_.restart();
        context_.poll();
    }

    net::awaitable<void> take(Wish wish) {
        co_await net::this_coro::throw_if_cancelled(false);
        auto lease = co_await pool_->acquire(std::move(wish));
        gotten_.push_back(lease ? lease->seat().name : lease.error().message);
        if (lease) {
            leases_.push_back(std::move(*lease));
        }
    }

    net::awaitable<Error> refusal() {
        Wish wish;
        const auto taken = co_await pool_->acquire(std::move(wish));
        co_return taken ? Error{} : taken.error();
    }

    void give_back_first() {
        leases_.pop_front();
        settle();
    }

    /// Asks `engine` once whether it is there.
    void ping(std::size_t engine) {
        net::cancellation_signal stop;
        net::co_spawn(
            context_,
            pool_->watch(engine),
            net::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {})
        );
        settle();
        stop.emit(net::cancellation_type::terminal);
        settle();
    }

    /// Asks `engine` once how much of its disk is used.
    void measure(std::size_t engine) {
        net::cancellation_signal stop;
        net::co_spawn(
            context_,
            pool_->measure(engine),
            net::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {})
        );
        settle();
        stop.emit(net::cancellation_type::terminal);
        settle();
    }

    void take_down(std::size_t engine) {
        fakes_[engine]->fail_next("ping", ErrorCode::unavailable, 1, "no socket");
        ping(engine);
    }

    net::io_context context_;
    Metrics metrics_;
    std::vector<test::FakeEngine*> fakes_;
    std::optional<EnginePool> pool_;
    Texts gotten_;
    std::list<EnginePool::Lease> leases_;
};

TEST_F(Pool, GivesTheEngineWithTheLeastToDo) {
    make(2);
    for (int i = 0; i < 4; ++i) {
        ask();
    }
    EXPECT_EQ(gotten_, (Texts{"a", "b", "a", "b"}));
}

TEST_F(Pool, GivesAnEngineStepsByItsWeight) {
    make(8);
    pool_->change("b", {.builds = 8, .weight = 3});
    for (int i = 0; i < 4; ++i) {
        ask();
    }
    EXPECT_EQ(gotten_, (Texts{"b", "b", "a", "b"}));
}

TEST_F(Pool, OthersWaitInTurnWhereAllPlacesAreTaken) {
    make(1);
    for (int i = 0; i < 4; ++i) {
        ask();
    }
    EXPECT_EQ(gotten_, (Texts{"a", "b"}));
    give_back_first();
    EXPECT_EQ(gotten_, (Texts{"a", "b", "a"}));
    give_back_first();
    EXPECT_EQ(gotten_, (Texts{"a", "b", "a", "b"}));
}

TEST_F(Pool, GivesNoMoreThanAllEnginesMayHave) {
    make(2, 3);
    for (int i = 0; i < 5; ++i) {
        ask();
    }
    EXPECT_EQ(gotten_.size(), 3U);
    give_back_first();
    EXPECT_EQ(gotten_.size(), 4U);
}

TEST_F(Pool, PrefersTheEngineThatHasTheParentWhereItHasAPlace) {
    make(1);
    ask({.preferred = "b"});
    ask({.preferred = "b"});
    EXPECT_EQ(gotten_, (Texts{"b", "a"}));
}

TEST_F(Pool, WaitsForTheOnlyEngineThatHasTheImage) {
    make(1);
    ask({.only = "b"});
    ask({.only = "b"});
    ask();
    EXPECT_EQ(gotten_, (Texts{"b", "a"}));
    give_back_first();
    EXPECT_EQ(gotten_, (Texts{"b", "a", "b"}));
}

TEST_F(Pool, GivesOnlyEnginesThatHaveAllLabels) {
    make(2);
    pool_->change("b", {.builds = 2, .labels = {"arm64", "fast"}});
    ask({.labels = {"fast", "arm64"}});
    ask({.labels = {"fast"}});
    ask({.labels = {"fast", "amd64"}});
    EXPECT_EQ(gotten_, (Texts{"b", "b", "no configured engine has the labels fast, amd64"}));
}

TEST_F(Pool, AvoidedEngineIsTakenWhereNoOtherIsUp) {
    make(1);
    ask({.avoided = "a"});
    ask({.avoided = "a"});
    EXPECT_EQ(gotten_, (Texts{"b"})) << "the other one will be free";
    take_down(1);
    EXPECT_EQ(gotten_, (Texts{"b", "a"}));
}

TEST_F(Pool, DrainingEngineGetsNothingNewButFinishesWhatItHas) {
    make(2);
    pool_->change("a", {.builds = 2, .draining = true});
    ask();
    ask();
    ask();
    EXPECT_EQ(gotten_, (Texts{"b", "b"}));
    ask({.only = "a"});
    EXPECT_EQ(gotten_, (Texts{"b", "b", "a"}));
    pool_->change("a", {.builds = 2});
    settle();
    EXPECT_EQ(gotten_, (Texts{"b", "b", "a", "a"})) << "drained no longer";
}

TEST_F(Pool, VersionGrowsWithWhatASeatShows) {
    make(1);
    std::uint64_t seen = pool_->version();
    const auto grew = [&] { return pool_->version() > std::exchange(seen, pool_->version()); };
    EXPECT_FALSE(grew());
    ask();
    EXPECT_TRUE(grew()) << "it has a step";
    give_back_first();
    EXPECT_TRUE(grew()) << "it has none";
    take_down(0);
    EXPECT_TRUE(grew()) << "it is down";
    pool_->change("b", {.draining = true});
    EXPECT_TRUE(grew()) << "it drains";
}

TEST_F(Pool, EngineThatIsDownGetsNothingUntilItAnswers) {
    make(1);
    take_down(0);
    ask();
    ask();
    EXPECT_EQ(gotten_, (Texts{"b"}));
    ping(0);
    EXPECT_EQ(gotten_, (Texts{"b", "a"}));
}

TEST_F(Pool, SaysWhyNothingCanBeHad) {
    make(1);
    EXPECT_EQ(pool_->why_none({}), "");
    take_down(0);
    EXPECT_EQ(pool_->why_none({}), "") << "there is another one";
    pool_->change("b", {.draining = true});
    EXPECT_EQ(pool_->why_none({}), "no engine can take it: a is down (no socket), b is draining");
    EXPECT_EQ(pool_->why_none({.only = "b"}), "");
    EXPECT_EQ(pool_->why_none({.only = "a"}), "no engine can take it: a is down (no socket)");
}

TEST_F(Pool, EngineThatWasNotAskedYetIsNoReasonToWaitFor) {
    std::vector<EngineSeat> seats(1);
    seats[0].name = "new";
    pool_.emplace(context_.get_executor(), std::move(seats), 8, metrics_);
    EXPECT_EQ(pool_->why_none({}), "");
    ask();
    EXPECT_TRUE(gotten_.empty());
}

TEST_F(Pool, EndsWithAnErrorWhenPatienceIsOver) {
    make(1, 8, std::chrono::milliseconds(1));
    take_down(0);
    take_down(1);
    const Error error = test::run_coroutine(context_, refusal());
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("a is down (no socket), b is down (no socket)"));
}

TEST_F(Pool, CancelledWaitLeavesItsTurnToTheNext) {
    make(1);
    ask({.only = "a"});
    net::cancellation_signal stop;
    net::co_spawn(
        context_,
        take({.only = "a"}),
        net::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {})
    );
    settle();
    ask({.only = "a"});
    stop.emit(net::cancellation_type::terminal);
    settle();
    EXPECT_EQ(gotten_, (Texts{"a", "stopped while it waited for an engine"}));
    give_back_first();
    EXPECT_EQ(gotten_.back(), "a");
}

TEST_F(Pool, EngineThatIsNotConfiguredAnyMoreIsNotWaitedFor) {
    make(1);
    ask({.only = "gone"});
    EXPECT_TRUE(gotten_.back().contains("engine gone"));
}

TEST_F(Pool, KnowsHowMuchOfItsDiskAnEngineUses) {
    make(2);
    fakes_[0]->use(7000);
    const auto version = pool_->version();
    measure(0);
    EXPECT_EQ(pool_->seats()[0].disk_used, 7000U);
    EXPECT_NE(pool_->version(), version);
    EXPECT_EQ(pool_->seats()[1].disk_used, std::nullopt);
    fakes_[0]->fail_next("usage", ErrorCode::unavailable, 1, "no socket");
    measure(0);
    EXPECT_EQ(pool_->seats()[0].disk_used, std::nullopt);
}

TEST_F(Pool, EngineThatIsAwayIsNotMeasured) {
    make(1);
    take_down(0);
    measure(0);
    EXPECT_TRUE(fakes_[0]->calls("usage").empty());
}

TEST_F(Pool, SuspectedEngineIsAskedAtOnce) {
    make(1);
    net::cancellation_signal stop;
    net::co_spawn(
        context_,
        pool_->watch(0),
        net::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {})
    );
    settle();
    EXPECT_EQ(fakes_[0]->calls("ping").size(), 1U);
    pool_->suspect(pool_->seats()[0]);
    settle();
    EXPECT_EQ(fakes_[0]->calls("ping").size(), 2U);
    stop.emit(net::cancellation_type::terminal);
    settle();
}

}  // namespace
}  // namespace slipway::factory
