#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;
using Folders = std::vector<std::string>;

/// What the first four migrations made, as the slipway that had no workers left it: what this one
/// has to read. Indexes that no later migration speaks of are left out.
constexpr const char* fourth_schema = R"sql(
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, repository TEXT NOT NULL, sender_key TEXT NOT NULL,
    event TEXT NOT NULL, ref TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, headers TEXT NOT NULL,
    reason TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX deliveries_by_key ON deliveries (repository, sender_key) WHERE sender_key <> '';
CREATE TABLE builds (
    id INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, ref TEXT NOT NULL, before TEXT NOT NULL,
    after TEXT NOT NULL, trigger_kind INTEGER NOT NULL, folders TEXT NOT NULL, state INTEGER NOT NULL,
    delivery INTEGER REFERENCES deliveries (id) ON DELETE SET NULL, request_key TEXT NOT NULL,
    created INTEGER NOT NULL, started INTEGER, finished INTEGER, error TEXT NOT NULL, plan TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX builds_by_delivery ON builds (delivery) WHERE delivery IS NOT NULL;
CREATE UNIQUE INDEX builds_running ON builds (repository) WHERE state = 1;
CREATE INDEX builds_finished ON builds (finished) WHERE state >= 2;
CREATE TABLE steps (
    build INTEGER NOT NULL REFERENCES builds (id) ON DELETE CASCADE, position INTEGER NOT NULL, folder TEXT NOT NULL,
    image TEXT NOT NULL, reference_names TEXT NOT NULL, needs TEXT NOT NULL, reasons TEXT NOT NULL,
    push INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, image_id TEXT NOT NULL,
    digests TEXT NOT NULL, error TEXT NOT NULL, note TEXT NOT NULL, started INTEGER, built INTEGER, finished INTEGER,
    PRIMARY KEY (build, position)
) STRICT;
CREATE INDEX steps_by_folder ON steps (folder, build);
CREATE TABLE images (
    repository TEXT NOT NULL, folder TEXT NOT NULL, build INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (repository, folder),
    FOREIGN KEY (build, position) REFERENCES steps (build, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE step_logs (
    build INTEGER NOT NULL, position INTEGER NOT NULL, first_byte INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (build, position, first_byte),
    FOREIGN KEY (build, position) REFERENCES steps (build, position) ON DELETE CASCADE
) STRICT;
ALTER TABLE steps ADD COLUMN engine TEXT NOT NULL DEFAULT '';
CREATE TABLE left_images (
    engine TEXT NOT NULL, reference TEXT NOT NULL, image_id TEXT NOT NULL, built INTEGER NOT NULL,
    PRIMARY KEY (engine, reference)
) STRICT, WITHOUT ROWID;
ALTER TABLE builds ADD COLUMN no_cache INTEGER NOT NULL DEFAULT 0;
PRAGMA application_id = 0x534C5057;
PRAGMA user_version = 4;
)sql";

/// A store file of the slipway before workers, and what this one makes of it.
class SqliteUpgrade : public testing::Test {
protected:
    SqliteUpgrade() { sql(fourth_schema); }

    void sql(const std::string& script) {
        Database database(file_, Database::Access::read_write);
        database.execute(script);
    }

    /// `plan`: `{}` once it was planned.
    void add_build(int id, const std::string& repository, BuildState state, const char* plan) {
        sql("INSERT INTO builds VALUES (" + std::to_string(id) + ", '" + repository +
            "', 'refs/heads/main', 'a', 'b', 1, '[]', " + number(state) +
            ", NULL, '', 1000, 2000, NULL, '', '" + plan + "', 0)");
    }

    struct OldStep {
        int position = 0;
        StepState state = StepState::ready;
        std::string needs = "[]";
        bool push = true;
    };

    /// A step of folder `s` with its position.
    void add_step(int build, const OldStep& step) {
        const bool over =
            model::is_final(step.state) || (step.state == StepState::built && !step.push);
        const std::string position = std::to_string(step.position);
        sql("INSERT INTO steps VALUES (" + std::to_string(build) + ", " + position + ", 's" +
            position + "', 'r/s:1', '[\"r/s:1\"]', '" + step.needs + "', '[]', " +
            (step.push ? "1" : "0") + ", " + number(step.state) + ", 0, '', '{}', '', '', 3000, " +
            "NULL, " + (over ? "4000" : "NULL") + ", 'local')");
    }

    template <class State>
    static std::string number(State state) {
        return std::to_string(std::to_underlying(state));
    }

    void open() {
        Result<std::unique_ptr<Store>> store = open_sqlite_store(file_, blocking_, clock_);
        ASSERT_TRUE(store) << store.error().message;
        store_ = *std::move(store);
        worker_ = get(store_->register_worker("here"));
    }

    template <class T>
    static T get(net::awaitable<Result<T>> work) {
        Result<T> result = test::run_coroutine(std::move(work));
        if (!result) {
            throw std::runtime_error(result.error().message);
        }
        return *std::move(result);
    }

    Build build(int id) { return get(store_->build(BuildId{id})); }

    std::vector<StepState> states(int id) {
        std::vector<StepState> states;
        for (const Step& step : build(id).steps) {
            states.push_back(step.state);
        }
        return states;
    }

    /// Pushes all that can be pushed: the folders, in the order in which they were claimed.
    Folders push_all() {
        Folders pushed;
        for (auto claimed = get(store_->claim_steps(worker_, 1)); !claimed.empty();
             claimed = get(store_->claim_steps(worker_, 1))) {
            Step step = claimed[0].step;
            pushed.push_back(step.folder);
            while (step.state != StepState::pushed && (step.state != StepState::built || step.push)
            ) {
                step.state = static_cast<StepState>(std::to_underlying(step.state) + 1);
                get(store_->update_step(worker_, claimed[0].build.id, step));
            }
        }
        return pushed;
    }

    test::TempFolder folder_;
    std::filesystem::path file_ = folder_ / "slipway.db";
    test::ManualClock clock_;
    net::thread_pool blocking_{1};
    std::unique_ptr<Store> store_;
    WorkerId worker_;
};

TEST_F(SqliteUpgrade, AnEmptyStoreIsUsable) {
    open();
    EXPECT_TRUE(get(store_->builds({})).empty());
    EXPECT_TRUE(get(store_->ledger({})).empty());
}

TEST_F(SqliteUpgrade, WhatWaitedIsClaimed) {
    add_build(1, "images", BuildState::queued, "");
    open();
    EXPECT_EQ(get(store_->claim_build(worker_)).value().id, BuildId{1});
}

TEST_F(SqliteUpgrade, WhatWasBeingPlannedIsPlannedAgain) {
    add_build(1, "images", BuildState::running, "");
    add_build(2, "images", BuildState::queued, "");
    open();
    EXPECT_EQ(get(store_->claim_build(worker_)).value().id, BuildId{1});
}

TEST_F(SqliteUpgrade, WhatWasOverStaysAsItWas) {
    add_build(1, "images", BuildState::failed, "{}");
    add_step(1, {.position = 0, .state = StepState::failed});
    add_step(1, {.position = 1, .state = StepState::skipped, .needs = "[0]"});
    sql("INSERT INTO images VALUES ('images', 's0', 1, 0)");
    sql("INSERT INTO step_logs VALUES (1, 0, 0, CAST('text' AS BLOB))");
    open();
    EXPECT_EQ(build(1).state, BuildState::failed);
    EXPECT_EQ(states(1), (std::vector{StepState::failed, StepState::skipped}));
    EXPECT_EQ(build(1).steps.at(1).needs, std::vector{0});
    EXPECT_EQ(get(store_->log(BuildId{1}, 0, 0)), "text");
    EXPECT_EQ(get(store_->snapshot()).images.size(), 1);
}

TEST_F(SqliteUpgrade, ABuildThatRanGoesOn) {
    add_build(1, "images", BuildState::running, "{}");
    add_step(1, {.position = 0, .state = StepState::pushed});
    add_step(1, {.position = 1, .state = StepState::building, .needs = "[0]"});
    add_step(1, {.position = 2, .state = StepState::pushing});
    add_step(1, {.position = 3, .state = StepState::waiting, .needs = "[0,1,2]"});
    add_step(1, {.position = 4, .state = StepState::waiting, .needs = "[3]"});
    open();
    using enum StepState;
    EXPECT_EQ(states(1), (std::vector{pushed, ready, built, waiting, waiting}));
    const std::vector<ClaimedStep> claimed = get(store_->claim_steps(worker_, 1));
    ASSERT_EQ(claimed.size(), 1);
    ASSERT_EQ(claimed[0].parents.size(), 1);
    EXPECT_EQ(claimed[0].parents[0].folder, "s0");
    get(store_->release_step(worker_, BuildId{1}, claimed[0].step));
    EXPECT_EQ(push_all(), (Folders{"s1", "s2", "s3", "s4"}));
    EXPECT_EQ(build(1).state, BuildState::succeeded);
}

TEST_F(SqliteUpgrade, WhatAnEndHadNotYetBroughtAboutIsBroughtAbout) {
    add_build(1, "images", BuildState::running, "{}");
    add_step(1, {.position = 0, .state = StepState::failed});
    add_step(1, {.position = 1, .state = StepState::waiting, .needs = "[0]"});
    add_step(1, {.position = 2, .state = StepState::waiting, .needs = "[1]"});
    add_step(1, {.position = 3, .state = StepState::pushed});
    add_step(1, {.position = 4, .state = StepState::waiting, .needs = "[3]"});
    open();
    using enum StepState;
    EXPECT_EQ(states(1), (std::vector{failed, skipped, skipped, pushed, ready}));
    EXPECT_EQ(push_all(), Folders{"s4"});
    EXPECT_EQ(build(1).state, BuildState::failed);
}

TEST_F(SqliteUpgrade, ABuildWhoseStepsWereAllOverEnds) {
    add_build(1, "images", BuildState::running, "{}");
    add_step(1, {.position = 0, .state = StepState::pushed});
    add_step(1, {.position = 1, .state = StepState::unchanged});
    add_build(2, "tools", BuildState::running, "{}");
    add_step(2, {.position = 0, .state = StepState::failed});
    add_step(2, {.position = 1, .state = StepState::waiting, .needs = "[0]"});
    add_build(3, "apps", BuildState::running, "{}");
    open();
    EXPECT_EQ(build(1).state, BuildState::succeeded);
    EXPECT_EQ(build(2).state, BuildState::failed);
    EXPECT_EQ(build(2).error, "a step failed");
    EXPECT_EQ(build(3).state, BuildState::succeeded) << "its plan had no steps";
    for (const int id : {1, 2, 3}) {
        EXPECT_NE(build(id).finished, std::nullopt) << id;
    }
}

TEST_F(SqliteUpgrade, ABuildThatDoesNotPushGoesOnInOnePlace) {
    add_build(1, "images", BuildState::running, "{}");
    add_step(1, {.position = 0, .state = StepState::built, .push = false});
    add_step(1, {.position = 1, .state = StepState::waiting, .needs = "[0]", .push = false});
    open();
    EXPECT_EQ(states(1), (std::vector{StepState::built, StepState::ready}));
    EXPECT_EQ(push_all(), Folders{"s1"});
    EXPECT_EQ(build(1).state, BuildState::succeeded);
}

}  // namespace
}  // namespace slipway::store
