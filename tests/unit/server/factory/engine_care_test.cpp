#include "server/factory/engine_care.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

class Care : public WorkshopTest {
protected:
    Care() { settings({.prune_after = std::chrono::days(7)}); }

    void settings(SeatSettings settings) { engines_.change("one", std::move(settings)); }

    /// A build of `folder` left its image in the engine.
    void left(const std::string& folder, const std::string& id) {
        store::NewBuild request;
        request.repository = folder;
        const auto ended = [this](auto work) {
            return test::run_coroutine(context_, std::move(work)).value();
        };
        ended(store_->request(std::move(request), ""));
        const WorkerId worker = worker_;
        const BuildId build = ended(store_->claim_build(worker))->id;
        store::PlanRecord plan{"", "", "{}", {make_step(0, folder)}};
        ended(store_->record_plan(worker, build, std::move(plan)));
        store::Step step = ended(store_->claim_steps(worker, 1)).at(0).step;
        for (const auto state : {model::StepState::building, model::StepState::built}) {
            step.state = state;
            step.engine = "one";
            step.image_id = id;
            step.built = clock_.now();
            ended(store_->update_step(worker, build, step));
        }
        engine_.give(step.image, id);
    }

    std::size_t tend(bool is_full = false) {
        const auto removed =
            test::run_coroutine(context_, care_.tend(engines_.seats()[0], is_full));
        return removed ? *removed : std::size_t{999};
    }

    test::TempFolder folder_;
    std::unique_ptr<store::Store> store_ =
        store::open_sqlite_store(folder_ / "slipway.db", blocking_, clock_).value();
    const WorkerId worker_ = test::run_coroutine(context_, store_->register_worker("test")).value();
    EngineCare care_{context_.get_executor(), engines_, *store_, clock_};
};

TEST_F(Care, RemovesWhatWasBuiltLongAgo) {
    left("base", "sha256:1");
    clock_.advance(std::chrono::days(6));
    left("app", "sha256:2");
    EXPECT_EQ(tend(), 0U);
    clock_.advance(std::chrono::days(2));
    EXPECT_EQ(tend(), 1U);
    EXPECT_EQ(engine_.calls("remove"), Texts{"remove r.example/base:1"});
    EXPECT_EQ(engine_.calls("prune").back(), "prune 604800s");
    EXPECT_EQ(tend(), 0U) << "it is not looked for again";
}

TEST_F(Care, LeavesANameThatSomebodyGaveToAnotherImage) {
    left("base", "sha256:1");
    engine_.give("r.example/base:1", "sha256:theirs");
    clock_.advance(std::chrono::days(8));
    EXPECT_EQ(tend(), 0U);
    EXPECT_TRUE(engine_.calls("remove").empty());
}

TEST_F(Care, LeavesTheImageOfAContainerForAnotherTime) {
    left("base", "sha256:1");
    clock_.advance(std::chrono::days(8));
    engine_.fail_next("remove", ErrorCode::conflict);
    EXPECT_EQ(tend(), 0U);
    EXPECT_EQ(tend(), 1U);
}

TEST_F(Care, FullDiskMakesWhatIsOlderThanAnHourGo) {
    left("base", "sha256:1");
    clock_.advance(std::chrono::minutes(61));
    left("app", "sha256:2");
    EXPECT_EQ(tend(true), 1U);
    EXPECT_EQ(engine_.calls("remove"), Texts{"remove r.example/base:1"});
    EXPECT_EQ(engine_.calls("prune"), Texts{"prune 0s"});
}

TEST_F(Care, AboveItsBoundTheCacheGoesFirst) {
    settings({.prune_after = std::chrono::days(7), .disk_bytes = 1000});
    left("base", "sha256:1");
    clock_.advance(std::chrono::hours(2));
    engine_.use(3000);  // halved by each pruning
    EXPECT_EQ(tend(), 0U);
    EXPECT_EQ(engine_.calls("prune"), (Texts{"prune 604800s", "prune 0s to 500"}));
    engine_.use(8000);
    EXPECT_EQ(tend(), 1U) << "pruning the cache was not enough";
}

TEST_F(Care, NothingIsRemovedWhereNothingMayBe) {
    settings({.disk_bytes = 1});
    left("base", "sha256:1");
    clock_.advance(std::chrono::days(1000));
    EXPECT_EQ(tend(true), 0U);
    EXPECT_TRUE(engine_.calls().empty());
}

TEST(SaysDiskFull, InEveryCaseAndPlace) {
    EXPECT_TRUE(says_disk_full("cp: write error: No space left on device"));
    EXPECT_TRUE(says_disk_full("write /x: disk quota exceeded"));
    EXPECT_FALSE(says_disk_full("no space"));
}

}  // namespace
}  // namespace slipway::factory
