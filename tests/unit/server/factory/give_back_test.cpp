#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"
#include "tests/support/engine_seats.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

/// Steps that do not wait here: whoever runs them takes them up again later. A wait would outlast
/// run_coroutine().
class GiveBack : public WorkshopTest {
protected:
    GiveBack() {
        shop_.gives_back = true;
        shop_.breakers = &breakers_;
        shop_.retry = {.most_attempts = 3, .first = 1min, .longest = 1h};
    }

    store::Step run(store::Step step) {
        const Observer observer = recorder_.observer();
        Bases bases(context_.get_executor());
        const std::vector<store::Step> none;
        Parents parents(bases, source(), none);
        return test::run_coroutine(context_, run_in_slot(observer, parents, std::move(step)))
            .value();
    }

    static store::Step built() {
        store::Step step = make_step(0, "base");
        step.state = StepState::built;
        step.engine = "one";
        step.image_id = "sha256:kept";
        return step;
    }

    void fail_pushes(int times) {
        for (int i = 0; i < times; ++i) {
            breakers_.failed("r.example");
        }
    }

    /// Once what runs now waits.
    void cancel_soon() {
        net::post(context_, [this] { cancel_.emit(net::cancellation_type::terminal); });
    }

    Breakers breakers_{clock_};
    Workshop shop_ = workshop();
    net::cancellation_signal cancel_;
    test::MemoryRecorder recorder_{{make_step(0, "base"), make_step(1, "other")}};

private:
    net::awaitable<Result<store::Step>> run_in_slot(
        const Observer& observer, Parents& parents, store::Step step
    ) {
        co_return co_await net::co_spawn(
            context_,
            run_step(shop_, source(), observer, parents, std::move(step)),
            net::bind_cancellation_slot(cancel_.slot(), net::use_awaitable)
        );
    }
};

TEST_F(GiveBack, BuildThatFailedForATemporaryCauseComesBackReady) {
    engine_.fail_next("build", ErrorCode::unavailable);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::ready);
    EXPECT_EQ(recorder_.history(), (Texts{"base building", "base ready"}));
    EXPECT_EQ(step.attempts, 1);
    EXPECT_EQ(step.error, "scripted");
    ASSERT_TRUE(step.not_before);
    EXPECT_GE(*step.not_before, clock_.now() + 30s);
    EXPECT_LE(*step.not_before, clock_.now() + 60s);
    EXPECT_EQ(engine_.calls("build").size(), 1U);
}

TEST_F(GiveBack, PushThatFailedForATemporaryCauseComesBackBuilt) {
    engine_.fail_next("push", ErrorCode::unavailable);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::built);
    EXPECT_EQ(step.attempts, 1);
    EXPECT_TRUE(step.not_before);
    EXPECT_EQ(engine_.calls("push").size(), 1U);
}

TEST_F(GiveBack, AttemptsGoOnWhereTheyWere) {
    store::Step step = make_step(0, "base");
    step.attempts = 2;
    engine_.fail_next("build", ErrorCode::unavailable);
    step = run(step);
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_FALSE(step.not_before);
}

TEST_F(GiveBack, ItsPlaceOnTheEngineIsFree) {
    engine_.fail_next("build", ErrorCode::unavailable);
    run(make_step(0, "base"));
    EXPECT_EQ(engines_.seats()[0].busy, 0U);
}

TEST_F(GiveBack, RegistryThatFailedAgainAndAgainIsLeftAlone) {
    fail_pushes(3);
    engine_.give("r.example/base:1", "sha256:kept");
    const store::Step step = run(built());
    EXPECT_EQ(step.state, StepState::built);
    EXPECT_EQ(step.not_before, clock_.now() + 15s);
    EXPECT_EQ(step.attempts, 0);
    EXPECT_EQ(step.note, "waiting: registry r.example failed again and again");
    EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(GiveBack, OneStepFindsOutWhetherTheRegistryIsBack) {
    fail_pushes(3);
    clock_.advance(15s);
    engine_.give("r.example/base:1", "sha256:kept");
    recorder_ = test::MemoryRecorder({built()});
    EXPECT_EQ(run(built()).state, StepState::pushed);
    EXPECT_EQ(breakers_.blocked_until("r.example"), std::nullopt);
    fail_pushes(2);
    EXPECT_EQ(breakers_.blocked_until("r.example"), std::nullopt) << "what failed is forgotten";
}

TEST_F(GiveBack, StepIsBuiltButNotPushedToARegistryThatIsLeftAlone) {
    fail_pushes(3);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::built);
    EXPECT_EQ(recorder_.history(), (Texts{"base building", "base built"}));
    EXPECT_EQ(step.not_before, clock_.now() + 15s);
    EXPECT_EQ(step.attempts, 0);
    EXPECT_TRUE(engine_.calls("push").empty());
}

TEST_F(GiveBack, PushesThatFailAreCountedAndRefusalsAreNot) {
    for (const ErrorCode code : {ErrorCode::denied, ErrorCode::failed}) {
        recorder_ = test::MemoryRecorder({make_step(0, "base")});
        engine_.fail_next("push", code);
        run(make_step(0, "base"));
    }
    fail_pushes(2);
    EXPECT_EQ(breakers_.blocked_until("r.example"), std::nullopt);
    recorder_ = test::MemoryRecorder({make_step(0, "base")});
    engine_.fail_next("push", ErrorCode::unavailable);
    run(make_step(0, "base"));
    EXPECT_EQ(breakers_.blocked_until("r.example"), clock_.now() + 15s);
}

TEST_F(GiveBack, CancelledWhileItBuildsComesBackReady) {
    engine_.hold("build", [this] { cancel_soon(); });
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::ready);
    EXPECT_EQ(recorder_.history(), (Texts{"base building", "base ready"}));
    EXPECT_FALSE(step.not_before);
    EXPECT_FALSE(step.finished);
    EXPECT_TRUE(recorder_.failures().empty());
}

TEST_F(GiveBack, CancelledWhileItIsPushedComesBackBuilt) {
    engine_.hold("push", [this] { cancel_soon(); });
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::built);
    EXPECT_FALSE(step.not_before);
    EXPECT_FALSE(step.finished);
    EXPECT_EQ(breakers_.blocked_until("r.example"), std::nullopt);
}

TEST_F(GiveBack, CancelledWhileItWaitsForAnEngineStaysAsItWas) {
    engines_.change("one", {.builds = 8, .draining = true});
    recorder_.on_record([this](const std::string&) { cancel_soon(); });
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::ready);
    EXPECT_FALSE(step.note.empty()) << "why it waited";
    EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(GiveBack, EngineThatWasFullIsAvoidedByTheNextStep) {
    std::vector<EngineSeat> seats;
    auto first = std::make_unique<test::FakeEngine>(context_.get_executor());
    first->fail_next("build", ErrorCode::failed, 1, "write /x: no space left on device");
    seats.push_back(test::make_seat("one", std::move(first)));
    seats.push_back(
        test::make_seat("two", std::make_unique<test::FakeEngine>(context_.get_executor()))
    );
    EnginePool pool(context_.get_executor(), std::move(seats), 8, metrics_);
    Workshop shop = workshop(pool);
    shop.gives_back = true;
    const Observer observer = recorder_.observer();
    const std::vector<store::Step> none;
    Bases bases(context_.get_executor());
    Parents parents(bases, source(), none);
    const auto run_on_pool = [&](const store::Step& step) {
        return test::run_coroutine(context_, run_step(shop, source(), observer, parents, step))
            .value();
    };
    const store::Step full = run_on_pool(make_step(0, "base"));
    EXPECT_EQ(full.engine, "one");
    EXPECT_TRUE(full.not_before);
    EXPECT_EQ(shop.full_engine, "one");
    EXPECT_EQ(run_on_pool(make_step(1, "other")).engine, "two");
}

}  // namespace
}  // namespace slipway::factory
