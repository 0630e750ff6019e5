#include "server/store/postgres_store.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/clock.hpp"
#include "server/base/environment.hpp"
#include "server/store/postgres.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"
#include "tests/contract/store/store_suites.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/postgres_schema.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

Result<std::unique_ptr<Store>> open_schema(const std::string& url, const Clock& clock) {
    PostgresOptions options;
    options.url = url;
    options.connections = 2;
    options.clock = &clock;
    return open_postgres_store(options);
}

OpenStore make_postgres() {
    return [schema =
                std::make_shared<test::PostgresSchema>(variable("SLIPWAY_TEST_POSTGRES").value())](
               net::thread_pool& /*blocking*/, const Clock& clock
           ) { return open_schema(schema->url(), clock); };
}

/// None where no PostgreSQL is named.
std::vector<StoreKind> kinds() {
    if (!variable("SLIPWAY_TEST_POSTGRES")) {
        return {};
    }
    return {{"Postgres", &make_postgres, true}};
}

SLIPWAY_STORE_CONTRACT(Postgres, testing::ValuesIn(kinds()));

/// What PostgreSQL adds to the contract: a schema that several processes share.
class PostgresStoreSchema : public test::WithPostgres {
protected:
    test::ManualClock clock_;
};

TEST_F(PostgresStoreSchema, OfANewerSlipwayIsRefusedInWords) {
    ASSERT_TRUE(open_schema(schema_->url(), clock_));
    postgres::Database(schema_->url()).execute("INSERT INTO slipway_schema VALUES (1000)");
    const auto refused = open_schema(schema_->url(), clock_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_TRUE(refused.error().message.contains("written by a newer slipway"))
        << refused.error().message;
}

TEST_F(PostgresStoreSchema, OfANewerSlipwayThatSaysSoIsUsed) {
    ASSERT_TRUE(open_schema(schema_->url(), clock_));
    postgres::Database database(schema_->url());
    const std::string newest = "INSERT INTO slipway_schema SELECT 1000, max(version) ";
    database.execute(newest + "FROM slipway_schema");
    EXPECT_TRUE(open_schema(schema_->url(), clock_));
    database.execute("DELETE FROM slipway_schema WHERE version = 1000");
    database.execute(newest + "+ 1 FROM slipway_schema");
    const auto refused = open_schema(schema_->url(), clock_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid) << refused.error().message;
}

/// Its table of versions has no column that says whom a schema is for.
TEST_F(PostgresStoreSchema, OfASlipwayBeforeThatWasSaidIsUsed) {
    ASSERT_TRUE(open_schema(schema_->url(), clock_));
    postgres::Database database(schema_->url());
    database.execute("ALTER TABLE slipway_schema DROP COLUMN oldest");
    EXPECT_TRUE(open_schema(schema_->url(), clock_));
    database.execute("INSERT INTO slipway_schema VALUES (1000)");
    EXPECT_FALSE(open_schema(schema_->url(), clock_));
}

TEST_F(PostgresStoreSchema, IsMadeOnceByAllWhoStart) {
    const auto first = open_schema(schema_->url(), clock_);
    const auto second = open_schema(schema_->url(), clock_);
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    postgres::Database database(schema_->url());
    EXPECT_EQ(database.integer("SELECT count(*) - max(version) FROM slipway_schema"), 0);
}

/// Deliveries that are held at their commit for as long as the test likes.
class PostgresStoreHeld : public PostgresStoreSchema {
protected:
    static constexpr const char* hold_each_commit = R"sql(
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(1912); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON deliveries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION hold())sql";

    static constexpr const char* who_wait =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";

    static bool is_over(const std::future<Result<Accepted>>& answer) {
        return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }

    net::io_context telling_;  ///< outlive the stores, whose threads may still let go of them
    net::io_context finding_;
};

// The push had the lower id, and was superseded by the older commit that the remote had had.
TEST_F(PostgresStoreHeld, AFindingGivesWayToAPushThatIsJustBeingToldOf) {
    const auto store = open_schema(schema_->url(), clock_).value();
    postgres::Database other(schema_->url());
    other.execute(hold_each_commit);
    other.execute("BEGIN");
    ASSERT_EQ(
        other.integer("SELECT count(*) FROM (SELECT pg_advisory_xact_lock(1912)) AS held"), 1
    );
    NewDelivery push;
    push.key = "told";
    push.repository = "images";
    push.event = "push";
    push.ref = "refs/heads/main";
    push.before = std::string(40, 'a');
    push.after = std::string(40, 'b');
    push.headers = "{}";
    push.body = "{}";
    NewBuild build;
    build.repository = push.repository;
    build.ref = push.ref;
    build.before = push.before;
    build.after = push.after;
    build.trigger = Trigger::push;
    push.build = build;
    NewBuild finding = build;
    finding.after = std::string(40, 'd');
    finding.trigger = Trigger::reconcile;
    finding.newest_known = BuildId{};
    auto told = std::async(std::launch::async, [&] {
        return test::run_coroutine(telling_, store->accept(push));
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (other.integer(who_wait) < 1 && std::chrono::steady_clock::now() < end) {
    }
    auto found = std::async(std::launch::async, [&] {
        return test::run_coroutine(finding_, store->request(finding, ""));
    });
    while (other.integer(who_wait) < 2 && !is_over(found) && std::chrono::steady_clock::now() < end
    ) {
    }
    other.execute("COMMIT");
    const auto accepted = told.get();
    const auto given_way = found.get();
    ASSERT_TRUE(accepted);
    ASSERT_TRUE(given_way) << given_way.error().message;
    EXPECT_TRUE(given_way->duplicate);
    EXPECT_EQ(given_way->build, accepted->build);
}

/// Calls that wait for a table, and whose connections the server cuts meanwhile.
class PostgresStoreCut : public PostgresStoreSchema {
protected:
    /// What the call answers after the table is free again.
    template <class T>
    Result<T> cut(Store& store, net::awaitable<Result<T>> (*call)(Store&)) {
        postgres::Database other(schema_->url());
        other.execute("BEGIN; LOCK TABLE builds IN ACCESS EXCLUSIVE MODE");
        auto answer = std::async(std::launch::async, [this, &store, call] {
            return test::run_coroutine(context_, call(store));
        });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (other.integer(cut_those_who_wait) == 0 && std::chrono::steady_clock::now() < end) {
        }
        other.execute("ROLLBACK");
        return answer.get();
    }

    net::io_context context_;  ///< outlives the stores, whose threads may still let go of it

    static constexpr const char* cut_those_who_wait =
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_locks "
        "WHERE relation = CAST('builds' AS regclass) AND NOT granted) AS cut";
};

TEST_F(PostgresStoreCut, AReadIsMadeAgainOnANewConnection) {
    const auto store = open_schema(schema_->url(), clock_).value();
    const auto build = cut<Build>(*store, [](Store& to) { return to.build(BuildId{7}); });
    ASSERT_FALSE(build);
    EXPECT_EQ(build.error().code, ErrorCode::not_found) << build.error().message;
}

TEST_F(PostgresStoreCut, AWriteIsNot) {
    const auto store = open_schema(schema_->url(), clock_).value();
    const auto accepted = cut<Accepted>(*store, [](Store& to) {
        NewBuild build;
        build.repository = "images";
        return to.request(build, "");
    });
    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error().code, ErrorCode::unavailable);
}

/// Its snapshots remember what steps came to.
class PostgresStoreSnapshot : public PostgresStoreCut {
protected:
    template <class T>
    T get(net::awaitable<Result<T>> call) {
        return test::run_coroutine(context_, std::move(call)).value();
    }

    /// Its only image is pushed.
    void build(Store& store) {
        const WorkerId worker = get(store.register_worker("here"));
        NewBuild wanted;
        wanted.repository = "images";
        get(store.request(wanted, ""));
        const BuildId build = get(store.claim_build(worker)).value().id;
        Step step;
        step.folder = "a";
        step.state = model::StepState::ready;
        PlanRecord plan;
        plan.steps = {step};
        get(store.record_plan(worker, build, plan));
        step = get(store.claim_steps(worker, 1)).at(0).step;
        using enum model::StepState;
        for (const model::StepState state : {building, built, pushing, pushed}) {
            step.state = state;
            get(store.update_step(worker, build, step));
        }
    }

    ImageStatus image(Store& store) { return get(store.snapshot()).images.at(0); }
};

TEST_F(PostgresStoreSnapshot, ShowsWhatAnotherReplicaBuilt) {
    const auto store = open_schema(schema_->url(), clock_).value();
    const auto other = open_schema(schema_->url(), clock_).value();
    build(*store);
    const ImageStatus first = image(*store);
    build(*other);
    EXPECT_GT(image(*store).build, first.build);
    EXPECT_EQ(image(*store), image(*other));
}

/// As where a server that was restored from a backup gives a build's id once more.
TEST_F(PostgresStoreSnapshot, ForgetsWhatItKnewWithItsConnection) {
    const auto store = open_schema(schema_->url(), clock_).value();
    build(*store);
    EXPECT_EQ(image(*store).state, model::StepState::pushed);
    postgres::Database(schema_->url()).execute("UPDATE steps SET state = 7, error = 'no'");
    EXPECT_EQ(image(*store).state, model::StepState::pushed) << "nobody does that";
    const auto again = cut<Snapshot>(*store, [](Store& to) { return to.snapshot(); });
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->images.at(0).error, "no");
}

/// Another replica finds a worker's lease lapsed, just while that one claims.
class PostgresStoreLapse : public PostgresStoreSnapshot {
protected:
    /// What the claim answers: it begins after the other one began and ends after it has ended.
    template <class T>
    T claim_beside_a_lapse(net::awaitable<Result<T>> claim, WorkerId worker) {
        postgres::Database other(schema_->url());
        other.execute("BEGIN; DELETE FROM workers WHERE id = " + std::to_string(worker.value));
        auto answer = std::async(std::launch::async, [this, claim = std::move(claim)]() mutable {
            return get(std::move(claim));
        });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (other.integer("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0 &&
               answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready &&
               std::chrono::steady_clock::now() < end) {
        }
        other.execute("COMMIT");
        return answer.get();
    }
};

TEST_F(PostgresStoreLapse, ABuildIsNotClaimedByWhoIsGone) {
    const auto store = open_schema(schema_->url(), clock_).value();
    const WorkerId worker = get(store->register_worker("here"));
    NewBuild wanted;
    wanted.repository = "images";
    get(store->request(wanted, ""));
    EXPECT_FALSE(claim_beside_a_lapse(store->claim_build(worker), worker));
    EXPECT_TRUE(get(store->claim_build(get(store->register_worker("there")))));
}

TEST_F(PostgresStoreLapse, AStepIsNotClaimedByWhoIsGone) {
    const auto store = open_schema(schema_->url(), clock_).value();
    const WorkerId planner = get(store->register_worker("there"));
    const WorkerId worker = get(store->register_worker("here"));
    NewBuild wanted;
    wanted.repository = "images";
    get(store->request(wanted, ""));
    Step step;
    step.folder = "a";
    step.state = model::StepState::ready;
    PlanRecord plan;
    plan.steps = {step};
    get(store->record_plan(planner, get(store->claim_build(planner)).value().id, plan));
    EXPECT_TRUE(claim_beside_a_lapse(store->claim_steps(worker, 1), worker).empty());
    EXPECT_EQ(get(store->claim_steps(planner, 1)).size(), 1U);
}

}  // namespace
}  // namespace slipway::store
