#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;
using Counts = std::map<std::string, std::int64_t>;

/// `repository/folder build state`, to compare a table at a glance.
std::vector<std::string> table_of(const Snapshot& snapshot) {
    std::vector<std::string> lines;
    lines.reserve(snapshot.images.size());
    for (const ImageStatus& image : snapshot.images) {
        lines.push_back(
            image.repository + "/" + image.folder + " " + std::to_string(image.build.value) + " " +
            std::string(to_string(image.state))
        );
    }
    return lines;
}

std::string line(const std::string& image, BuildId build, const std::string& state) {
    return image + " " + std::to_string(build.value) + " " + state;
}

TEST_P(StoreContract, SnapshotOfAnEmptyStoreIsEmpty) {
    const Snapshot snapshot = get(store_->snapshot());
    EXPECT_TRUE(snapshot.running.empty());
    EXPECT_TRUE(snapshot.queued.empty());
    EXPECT_EQ(snapshot.queued_total, 0);
    EXPECT_EQ(snapshot.queued_since, std::nullopt);
    EXPECT_TRUE(snapshot.finished.empty());
    EXPECT_TRUE(snapshot.images.empty());
    EXPECT_TRUE(snapshot.steps_by_state.empty());
}

TEST_P(StoreContract, SnapshotShowsRunningBuildsWithSteps) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b", {0})});
    const Snapshot snapshot = get(store_->snapshot());
    ASSERT_EQ(snapshot.running.size(), 1);
    EXPECT_EQ(snapshot.running[0], get(store_->build(build)));
    EXPECT_EQ(snapshot.steps_by_state, (Counts{{"ready", 1}, {"waiting", 1}}));
}

TEST_P(StoreContract, SnapshotShowsTheQueueInClaimOrder) {
    const BuildId reconcile = request("a", Trigger::reconcile);
    const BuildId push = request("b");
    const BuildId manual = request("b", Trigger::manual);
    const Snapshot snapshot = get(store_->snapshot());
    ASSERT_EQ(snapshot.queued.size(), 3);
    EXPECT_EQ(snapshot.queued[0].id, manual);
    EXPECT_EQ(snapshot.queued[1].id, push);
    EXPECT_EQ(snapshot.queued[2].id, reconcile);
    EXPECT_EQ(snapshot.queued_total, 3);
}

TEST_P(StoreContract, SnapshotTellsSinceWhenTheOldestOfTheQueueWaits) {
    const BuildId oldest = request("a", Trigger::reconcile);
    clock_.advance(std::chrono::seconds(10));
    request("b", Trigger::manual);
    EXPECT_EQ(get(store_->snapshot()).queued_since, get(store_->build(oldest)).created);
}

TEST_P(StoreContract, SnapshotShowsAHundredOfTheQueueAndCountsAll) {
    for (int i = 0; i < 103; ++i) {
        request("a");
    }
    const Snapshot snapshot = get(store_->snapshot());
    EXPECT_EQ(snapshot.queued.size(), 100);
    EXPECT_EQ(snapshot.queued_total, 103);
}

TEST_P(StoreContract, SnapshotShowsTheTwentyThatFinishedLast) {
    std::vector<BuildId> builds;
    for (int i = 0; i < 22; ++i) {
        builds.push_back(planned("images", {new_step(0, "a")}));
        clock_.advance(std::chrono::seconds(1));
        push(builds.back(), "a");
    }
    const Snapshot snapshot = get(store_->snapshot());
    ASSERT_EQ(snapshot.finished.size(), 20);
    EXPECT_EQ(snapshot.finished.front().id, builds.at(21));
    EXPECT_EQ(snapshot.finished.back().id, builds.at(2));
    EXPECT_TRUE(snapshot.finished.front().steps.empty());
    EXPECT_TRUE(snapshot.steps_by_state.empty()) << "they are of final builds";
}

TEST_P(StoreContract, SnapshotShowsTheNewestStepOfEveryImage) {
    const BuildId first = planned("images", {new_step(0, "a"), new_step(1, "b")});
    break_step(first, "a", "no");
    push(first, "b");
    const BuildId second = planned("images", {new_step(0, "a")});
    const BuildId elsewhere = planned("tools", {new_step(0, "x"), new_step(1, "b", {0})});
    const Snapshot snapshot = get(store_->snapshot());
    EXPECT_EQ(
        table_of(snapshot),
        (std::vector{
            line("images/a", second, "ready"),
            line("images/b", first, "pushed"),
            line("tools/b", elsewhere, "waiting"),
            line("tools/x", elsewhere, "ready"),
        })
    );
    EXPECT_EQ(snapshot.images.at(0).image, "registry.example/a:1");
    const Step pushed = get(store_->build(first)).steps.at(1);
    const ImageStatus shown{
        .repository = "images",
        .folder = "b",
        .image = pushed.image,
        .build = first,
        .state = StepState::pushed,
        .digests = pushed.digests,
        .error = "",
        .finished = pushed.finished,
    };
    EXPECT_EQ(snapshot.images.at(1), shown);
}

TEST_P(StoreContract, EachSnapshotShowsWhatCameOfAStepSinceTheLast) {
    const BuildId first = planned("images", {new_step(0, "a"), new_step(1, "b")});
    const auto status_of_a = [this] { return get(store_->snapshot()).images.at(0); };
    EXPECT_EQ(status_of_a().state, StepState::ready);
    push(first, "a");
    EXPECT_EQ(status_of_a().state, StepState::pushed);
    EXPECT_EQ(status_of_a().finished, step_of(first, 0).finished);
    push(first, "b");
    EXPECT_EQ(status_of_a().state, StepState::pushed) << "of a build that is over";
    const BuildId second = planned("images", {new_step(0, "a")});
    EXPECT_EQ(status_of_a().build, second);
    EXPECT_EQ(status_of_a().state, StepState::ready);
    break_step(second, "a", "no");
    EXPECT_EQ(status_of_a().state, StepState::failed);
    EXPECT_EQ(status_of_a().error, "no");
    EXPECT_EQ(get(store_->snapshot()).images.at(1).build, first);
}

/// Between their last snapshot and this one, an older and a newer build end; one between stays.
TEST_P(StoreContract, SnapshotShowsImagesOfBuildsThatEndOutOfOrder) {
    const BuildId oldest = planned("z", {new_step(0, "c"), new_step(1, "d")});
    const BuildId over = planned("y", {new_step(0, "b")});
    const BuildId newest = planned("x", {new_step(0, "a")});
    push(oldest, "c");
    Step last = take("d");
    push(over, "b");
    get(store_->snapshot());
    push(newest, "a");
    using enum StepState;
    move_step(oldest, last, {building, built, pushing, pushed});
    EXPECT_EQ(
        table_of(get(store_->snapshot())),
        (std::vector{
            line("x/a", newest, "pushed"),
            line("y/b", over, "pushed"),
            line("z/c", oldest, "pushed"),
            line("z/d", oldest, "pushed"),
        })
    );
}

TEST_P(StoreContract, VersionGrowsWithEveryWriteThatASnapshotShows) {
    const NewDelivery delivery = new_push();
    BuildId build;
    Step step = new_step(0, "a");
    Branch gone;
    gone.repository = "images";
    gone.ref = "refs/heads/main";
    gone.closed = clock_.now();
    const std::vector<std::function<void()>> writes = {
        [&] { build = get(store_->accept(delivery)).build.value(); },
        [&] { request("other", Trigger::reconcile); },
        [&] { ASSERT_EQ(claim(), build); },
        [&] { get(store_->record_plan(worker_, build, new_plan({step, new_step(1, "b")}))); },
        [&] { step = take("a"); },
        [&] { move_step(build, step, {StepState::building}); },
        [&] { worker_ = registered("here"); },
        [&] { step = take("a"); },
        [&] { get(store_->release_step(worker_, build, step)); },
        [&] { get(store_->cancel(build, "not wanted")); },
        [&] { get(store_->keep_branch(gone)); },
        [&] { get(store_->owe("images", gone.ref, "a", "a base moved", "{}")); },
        [&] { ASSERT_TRUE(claim()); },
        [&] { get(store_->finish(worker_, BuildId{build.value + 1}, BuildState::failed, "no")); },
    };
    for (std::size_t i = 0; i < writes.size(); ++i) {
        const std::uint64_t before = store_->version();
        writes[i]();
        EXPECT_GT(store_->version(), before) << "write " << i;
    }
}

TEST_P(StoreContract, VersionStaysWhereASnapshotStaysTheSame) {
    const NewDelivery delivery = new_push();
    get(store_->accept(delivery));
    const BuildId build = claim().value();
    get(store_->record_plan(worker_, build, new_plan({new_step(0, "a")})));
    Step step = take("a");
    step.state = StepState::pushed;
    NewDelivery ignored = new_push();
    ignored.build.reset();
    const std::uint64_t before = store_->version();
    get(store_->accept(delivery));
    get(store_->accept(ignored));
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_TRUE(folders_of_claims(10).empty());
    get(store_->heartbeat(worker_));
    get(store_->append_log(build, 0, "text\n"));
    get(store_->pin_base(build, "debian:12", "sha256:1"));
    EXPECT_EQ(get(store_->prune({})), Pruned{});
    code_of(store_->update_step(worker_, build, step));
    get(store_->snapshot());
    EXPECT_EQ(store_->version(), before);
}

TEST_P(StoreContract, VersionsOfTwoRunsDoNotMeet) {
    request("images");
    const std::uint64_t before = store_->version();
    clock_.advance(std::chrono::milliseconds(1));
    reopen();
    EXPECT_GT(store_->version(), before);
}

}  // namespace
}  // namespace slipway::store
