#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/clock.hpp"
#include "server/base/environment.hpp"
#include "server/store/postgres.hpp"
#include "server/store/postgres_store.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"
#include "tests/contract/store/store_suites.hpp"
#include "tests/support/fast_folder.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/postgres_schema.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

/// Of tests/data/store, whose rows tell the same of both databases.
std::string script(const std::string& name) {
    std::ifstream file(SLIPWAY_SOURCE_DIR "/tests/data/store/first_" + name + ".sql");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty()) {
        throw std::runtime_error("there is no " + name);
    }
    return text;
}

OpenStore make_sqlite() {
    auto folder = std::make_shared<test::TempFolder>(test::fast_folder());
    const auto file = *folder / "slipway.db";
    Database database(file, Database::Access::read_write);
    database.execute(script("sqlite_schema") + script("sqlite_rows"));
    return [folder, file](net::thread_pool& blocking, const Clock& clock) {
        return open_sqlite_store(file, blocking, clock);
    };
}

using Schema = std::shared_ptr<test::PostgresSchema>;

Schema new_schema() {
    return std::make_shared<test::PostgresSchema>(variable("SLIPWAY_TEST_POSTGRES").value());
}

Result<std::unique_ptr<Store>> open_postgres(const std::string& url, const Clock& clock) {
    PostgresOptions options;
    options.url = url;
    options.connections = 2;
    options.clock = &clock;
    return open_postgres_store(options);
}

OpenStore opens(Schema schema) {
    return [schema = std::move(schema)](net::thread_pool& /*blocking*/, const Clock& clock) {
        return open_postgres(schema->url(), clock);
    };
}

OpenStore make_postgres() {
    Schema schema = new_schema();
    postgres::Database(schema->url()).execute(script("postgres_schema") + script("postgres_rows"));
    return opens(std::move(schema));
}

/// A replica of the first release writes on while one of today has migrated the schema.
OpenStore make_postgres_of_today() {
    Schema schema = new_schema();
    const test::ManualClock clock;
    const auto today = open_postgres(schema->url(), clock);
    postgres::Database(schema->url()).execute(script("postgres_rows"));
    return opens(std::move(schema));
}

/// That of SQLite knew of no ledger, no branches and one worker.
std::vector<StoreKind> kinds() {
    std::vector<StoreKind> kinds = {{"Sqlite", &make_sqlite}};
    if (variable("SLIPWAY_TEST_POSTGRES")) {
        kinds.push_back({"Postgres", &make_postgres, true});
        kinds.push_back({"PostgresThatIsMigratedAlready", &make_postgres_of_today, true});
    }
    return kinds;
}

Time at_minute(int minute) {
    constexpr Time began{std::chrono::milliseconds(1'795'367'160'000)};
    return began + std::chrono::minutes(minute);
}

std::string commit(char digit) {
    return std::string(40, digit);
}

std::string sha256(char digit) {
    return "sha256:" + std::string(64, digit);
}

/// A store as the first release left it: all reads know its rows, and work goes on from them.
class FirstRelease : public StoreContract {
protected:
    [[nodiscard]] static bool has_ledger() { return GetParam().many_workers; }

    std::vector<LedgerEntry> ledger(bool owed_only = false) {
        LedgerQuery query;
        query.owed_only = owed_only;
        return get(store_->ledger(query));
    }

    /// What a worker that is gone had at work is free again, as soon as another one lives.
    void free_what_was_at_work() { get(store_->heartbeat(worker_)); }
};

INSTANTIATE_TEST_SUITE_P(Stores, FirstRelease, testing::ValuesIn(kinds()), name_of);

TEST_P(FirstRelease, HasItsBuilds) {
    reopen();  // what is migrated is not migrated again
    std::vector<std::pair<BuildId, BuildState>> found;
    for (const Build& build : get(store_->builds({}))) {
        found.emplace_back(build.id, build.state);
    }
    using enum BuildState;
    const std::vector<std::pair<BuildId, BuildState>> expected = {
        {BuildId{5}, queued},
        {BuildId{4}, running},
        {BuildId{3}, succeeded},
        {BuildId{2}, failed},
        {BuildId{1}, succeeded},
    };
    EXPECT_EQ(found, expected);
    BuildQuery query;
    query.folder = "web";
    query.state = failed;
    EXPECT_EQ(get(store_->builds(query)).at(0).error, "a step failed");
    const Build asked = get(store_->build(BuildId{3}));
    EXPECT_EQ(asked.trigger, Trigger::manual);
    EXPECT_EQ(asked.folders, std::vector<std::string>{"web"});
    EXPECT_EQ(asked.delivery, std::nullopt);
}

TEST_P(FirstRelease, HasAllOfABuild) {
    Build build = get(store_->build(BuildId{1}));
    EXPECT_TRUE(build.plan.starts_with(R"({"repository":"images")")) << build.plan;
    EXPECT_EQ(build.steps.size(), 2);
    build.plan.clear();
    build.steps.clear();
    const Build expected{
        .id = BuildId{1},
        .repository = "images",
        .ref = "refs/heads/main",
        .before = commit('1'),
        .after = commit('2'),
        .trigger = Trigger::push,
        .folders = {},
        .no_cache = false,
        .state = BuildState::succeeded,
        .plan = {},
        .error = {},
        .delivery = DeliveryId{1},
        .created = at_minute(0),
        .started = at_minute(0),
        .finished = at_minute(5),
        .steps = {},
        .reports = {},
        .trace = {},
    };
    EXPECT_EQ(build, expected);
}

TEST_P(FirstRelease, HasItsSteps) {
    const Step base = step_of(BuildId{1}, 0);
    const std::string image = "registry.example/team/base:1";
    const std::string latest = "registry.example/team/base:latest";
    const std::map<std::string, std::string> digests = {
        {image, sha256('a')}, {latest, sha256('a')}
    };
    EXPECT_EQ(base.folder, "base");
    EXPECT_EQ(base.image, image);
    EXPECT_EQ(base.references, (std::vector{image, latest}));
    EXPECT_EQ(base.digests, digests);
    EXPECT_EQ(base.image_id, sha256('1'));
    EXPECT_EQ(base.state, StepState::pushed);
    EXPECT_EQ(base.started, at_minute(1));
    EXPECT_EQ(base.built, at_minute(2));
    EXPECT_EQ(base.finished, at_minute(3));
    const Step web = step_of(BuildId{1}, 1);
    EXPECT_EQ(web.needs, std::vector{0});
    EXPECT_EQ(web.reasons, R"([{"kind":"base_rebuilt","folder":"base"}])");
    EXPECT_EQ(web.note, "warned");
    EXPECT_EQ(step_of(BuildId{2}, 0).error, "building base: exit code 2");
    EXPECT_EQ(step_of(BuildId{2}, 1).error, "not built, because base failed");
    EXPECT_EQ(state_of(BuildId{2}, 1), StepState::skipped);
}

TEST_P(FirstRelease, HasItsLogsAndDeliveries) {
    const std::string first = "Step 1/2 : FROM alpine:3\n";
    const std::string rest = "Step 2/2 : COPY motd /etc/motd\npushed\n";
    EXPECT_EQ(get(store_->log(BuildId{1}, 0, 0)), first + rest);
    EXPECT_EQ(get(store_->log(BuildId{1}, 0, 25)), rest);
    EXPECT_EQ(get(store_->log(BuildId{1}, 1, 0)), "");
    const std::vector<Delivery> deliveries = get(store_->deliveries({}));
    ASSERT_EQ(deliveries.size(), 5);
    EXPECT_EQ(deliveries[2].reason, "refs/heads/old was deleted");
    EXPECT_EQ(deliveries[2].build, std::nullopt);
    const Delivery second = get(store_->delivery(DeliveryId{2}));
    EXPECT_EQ(second.build, BuildId{2});
    EXPECT_EQ(second.received, at_minute(10));
    EXPECT_TRUE(second.headers.contains(R"("x-gitlab-event":"Push Hook")")) << second.headers;
}

TEST_P(FirstRelease, TellsOfEnginesAndDurationsAndHasNobodyToTell) {
    const auto left = get(store_->left_images("local", at_minute(60)));
    EXPECT_EQ(left.size(), has_ledger() ? 3 : 0);
    const auto took = get(store_->durations("images", "base"));
    ASSERT_FALSE(took.empty());
    EXPECT_EQ(took.back(), std::chrono::minutes(2));
    EXPECT_TRUE(get(store_->reports({})).empty());
    EXPECT_TRUE(get(store_->claim_reports("here", 10)).empty());
    EXPECT_EQ(get(store_->report_totals()).due, 0);
}

TEST_P(FirstRelease, KnowsWhatItTookAlready) {
    NewBuild again = new_build("images", Trigger::manual);
    const Accepted asked = get(store_->request(again, "rebuild-1"));
    EXPECT_TRUE(asked.duplicate);
    EXPECT_EQ(asked.build, BuildId{3});
    NewDelivery push = new_push();
    push.key = "delivery-2";
    const Accepted sent = get(store_->accept(push));
    EXPECT_TRUE(sent.duplicate);
    EXPECT_EQ(sent.build, BuildId{2});
    push = new_push();
    push.before = commit('4');
    push.after = commit('5');
    EXPECT_EQ(get(store_->accept(push)).build, BuildId{5}) << "the same push under another key";
}

TEST_P(FirstRelease, IsSeenInASnapshot) {
    const Snapshot snapshot = get(store_->snapshot());
    ASSERT_EQ(snapshot.running.size(), 1);
    EXPECT_EQ(snapshot.running[0].id, BuildId{4});
    EXPECT_EQ(snapshot.queued.at(0).id, BuildId{5});
    EXPECT_EQ(snapshot.queued_since, at_minute(40));
    EXPECT_EQ(snapshot.finished.size(), 3);
    ASSERT_EQ(snapshot.images.size(), 2);
    EXPECT_EQ(snapshot.images[0].folder, "base");
    EXPECT_EQ(snapshot.images[0].build, BuildId{4});
    EXPECT_EQ(snapshot.owed_total, has_ledger() ? 2 : 0);
}

TEST_P(FirstRelease, OwesWhatItOwed) {
    EXPECT_EQ(ledger().size(), has_ledger() ? 3 : 0);
    for (const LedgerEntry& entry : ledger(true)) {
        EXPECT_EQ(entry.owed.value().why, "planned in build 4") << entry.folder;
        EXPECT_EQ(entry.owed->commit, commit('4')) << entry.folder;
    }
    const auto branch = get(store_->branch("images", "refs/heads/main"));
    ASSERT_EQ(branch.has_value(), has_ledger());
    EXPECT_TRUE(!branch || branch->commit == commit('4'));
    EXPECT_EQ(get(store_->branches("images")).size(), has_ledger() ? 1 : 0);
}

TEST_P(FirstRelease, GoesOnWhereItWas) {
    free_what_was_at_work();
    EXPECT_EQ(push(BuildId{4}, "base"), BuildEnd{});
    EXPECT_EQ(push(BuildId{4}, "web"), BuildEnd{BuildState::succeeded});
    get(store_->append_log(BuildId{4}, 0, "pushed\n"));
    EXPECT_EQ(get(store_->log(BuildId{4}, 0, 0)), "Step 1/2 : FROM alpine:3\npushed\n");
    EXPECT_TRUE(ledger(true).empty());
    EXPECT_EQ(claim(), BuildId{5});
}

TEST_P(FirstRelease, TakesNewWork) {
    free_what_was_at_work();
    push(BuildId{4}, "base");
    push(BuildId{4}, "web");
    const BuildId build = get(store_->accept(new_push())).build.value();
    EXPECT_EQ(build, BuildId{6});
    EXPECT_EQ(claim(), build) << "it takes the place of build 5";
    EXPECT_EQ(state_of(BuildId{5}), BuildState::superseded);
    PlanRecord plan = new_plan({new_step(0, "web")});
    plan.tree = "tree";
    plan.keeps_ledger = true;
    get(store_->record_plan(worker_, build, std::move(plan)));
    EXPECT_EQ(ledger(true).size(), 1);
    EXPECT_EQ(push(build, "web"), BuildEnd{BuildState::succeeded});
    EXPECT_TRUE(ledger(true).empty());
    const std::vector<LedgerEntry> entries = ledger();
    const auto web = std::ranges::find(entries, "web", &LedgerEntry::folder);
    ASSERT_NE(web, entries.end());
    EXPECT_EQ(web->build, build);
}

TEST_P(FirstRelease, IsPrunedWhenItIsOld) {
    const Keep keep{
        .builds_from = at_minute(15),
        .logs_from = at_minute(15),
        .deliveries_from = at_minute(15),
        .reports_from = at_minute(15),
    };
    const Pruned pruned = get(store_->prune(keep));
    EXPECT_EQ(pruned.builds, has_ledger() ? 1 : 2) << "the ledger names build 1";
    EXPECT_GT(pruned.logs, 0);
    EXPECT_EQ(get(store_->build(BuildId{3})).id, BuildId{3});
}

}  // namespace
}  // namespace slipway::store
