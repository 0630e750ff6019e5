#include "server/factory/parents.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/factory/run_build.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"
#include "tests/support/engine_seats.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;
using Texts = std::vector<std::string>;

const std::string digest = "sha256:" + std::string(64, 'b');

/// Builds that may use two engines, `one` (engine_) and `two`.
class TwoEngines : public WorkshopTest {
protected:
    TwoEngines() {
        std::vector<EngineSeat> seats;
        auto first = std::make_unique<test::FakeEngine>(context_.get_executor());
        auto second = std::make_unique<test::FakeEngine>(context_.get_executor());
        one_ = first.get();
        two_ = second.get();
        seats.push_back(test::make_seat("one", std::move(first)));
        seats.push_back(test::make_seat("two", std::move(second)));
        pool_ =
            std::make_unique<EnginePool>(context_.get_executor(), std::move(seats), 8, metrics_);
    }

    Result<Outcome> run(std::vector<store::Step> steps) {
        recorder_ = test::MemoryRecorder(std::move(steps));
        Workshop shop = workshop(*pool_);
        return test::run_coroutine(
            context_, run_build(shop, source(), recorder_.steps(), recorder_.observer())
        );
    }

    /// As it is after the step has ended well on that engine.
    static store::Step pushed(int position, const std::string& folder, const std::string& engine) {
        store::Step step = make_step(position, folder);
        step.state = StepState::pushed;
        step.engine = engine;
        step.image_id = "sha256:1";
        step.digests = {{step.image, digest}};
        return step;
    }

    /// As it is after its content was found in the registry.
    static store::Step unchanged(int position, const std::string& folder) {
        store::Step step = make_step(position, folder);
        step.state = StepState::unchanged;
        step.digests = {{step.image, digest}};
        return step;
    }

    const store::Step& step(std::size_t position) const { return recorder_.steps().at(position); }

    test::FakeEngine* one_ = nullptr;
    test::FakeEngine* two_ = nullptr;
    std::unique_ptr<EnginePool> pool_;
    test::MemoryRecorder recorder_{{}};
};

TEST_F(TwoEngines, StepsGoToBothAndRecordTheirs) {
    EXPECT_EQ(run({make_step(0, "base"), make_step(1, "other")}), Outcome::succeeded);
    EXPECT_EQ(step(0).engine, "one");
    EXPECT_EQ(step(1).engine, "two");
    EXPECT_EQ(two_->calls("push").size(), 1U) << "an image is pushed from where it was built";
}

TEST_F(TwoEngines, ChildIsBuiltWhereItsParentIs) {
    EXPECT_EQ(run({make_step(0, "base"), make_step(1, "app", {0})}), Outcome::succeeded);
    EXPECT_EQ(step(1).engine, step(0).engine);
    EXPECT_TRUE(one_->calls("pull").empty());
}

TEST_F(TwoEngines, ParentThatIsOnAnotherEngineIsPulledByItsDigest) {
    pool_->change("one", {.builds = 8, .draining = true});
    EXPECT_EQ(run({pushed(0, "base", "one"), make_step(1, "app", {0})}), Outcome::succeeded);
    EXPECT_EQ(
        two_->calls(),
        (Texts{
            "inspect r.example/base@" + digest,
            "pull r.example/base@" + digest,
            "tag r.example/base@" + digest + " r.example/base:1",
            "build r.example/app:1",
            "tag sha256:1 r.example/app:1",
            "push r.example/app:1",
        })
    );
}

TEST_F(TwoEngines, ParentThatWasNotBuiltAnewIsPulledByItsDigest) {
    EXPECT_EQ(run({unchanged(0, "base"), make_step(1, "app", {0})}), Outcome::succeeded);
    EXPECT_EQ(
        one_->calls(),
        (Texts{
            "inspect r.example/base@" + digest,
            "pull r.example/base@" + digest,
            "tag r.example/base@" + digest + " r.example/base:1",
            "build r.example/app:1",
            "tag sha256:1 r.example/app:1",
            "push r.example/app:1",
        })
    );
}

TEST_F(TwoEngines, ParentThatWasNotBuiltAnewIsOnlyNamedWhereItIs) {
    one_->give("r.example/base@" + digest, "sha256:there");
    EXPECT_EQ(run({unchanged(0, "base"), make_step(1, "app", {0})}), Outcome::succeeded);
    EXPECT_TRUE(one_->calls("pull").empty());
    EXPECT_EQ(one_->calls("tag").at(0), "tag r.example/base@" + digest + " r.example/base:1")
        << "the name may be an older image there";
}

TEST_F(TwoEngines, ImagesThatAreNotPushedAreAllOnOneEngine) {
    std::vector<store::Step> steps = {
        make_step(0, "base"), make_step(1, "other"), make_step(2, "app", {0})
    };
    for (store::Step& step : steps) {
        step.push = false;
    }
    EXPECT_EQ(run(std::move(steps)), Outcome::succeeded);
    EXPECT_EQ(step(0).engine, "one");
    EXPECT_EQ(step(1).engine, "one");
    EXPECT_EQ(step(2).engine, "one");
}

TEST_F(TwoEngines, BuiltImageIsPushedFromTheEngineThatHasIt) {
    store::Step built = make_step(0, "base");
    built.state = StepState::built;
    built.engine = "two";
    built.image_id = "sha256:kept";
    two_->give("r.example/base:1", "sha256:kept");
    EXPECT_EQ(run({built}), Outcome::succeeded);
    EXPECT_TRUE(one_->calls().empty());
    EXPECT_EQ(two_->calls("push").size(), 1U);
}

TEST_F(TwoEngines, ImageOnAnEngineThatIsNotConfiguredAnyMoreIsBuiltAgain) {
    store::Step built = make_step(0, "base");
    built.state = StepState::built;
    built.engine = "gone";
    built.image_id = "sha256:kept";
    EXPECT_EQ(run({built}), Outcome::succeeded);
    EXPECT_EQ(step(0).engine, "one");
    EXPECT_EQ(one_->calls("build").size(), 1U);
}

}  // namespace
}  // namespace slipway::factory
