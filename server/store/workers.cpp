#include "server/store/workers.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/newer_push.hpp"
#include "server/store/records.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

/// As Claims sees who is overtaken.
std::string overtaken_sql(std::string_view by_queued) {
    return "SELECT DISTINCT r.id FROM steps AS s JOIN builds AS r ON r.id = s.build WHERE "
           "s.claimant <> 0 AND s.claimant = ? AND s.stop = 0 AND r.trigger_kind IN (1, 2) AND "
           "r.folders = '[]' AND r.ref <> '' AND " +
           newest_push(by_queued, "r", first_after_running) + " IS NOT NULL";
}

std::string free_steps_sql(std::string_view where) {
    std::string sql =
        "UPDATE steps SET claimant = 0, state = CASE state WHEN 2 THEN 1 WHEN 4 THEN 3 ELSE state "
        "END WHERE ";
    return sql.append(where);
}

template <class Rows>
std::vector<std::int64_t> integers_of(Rows rows) {
    std::vector<std::int64_t> integers;
    while (rows.next()) {
        integers.push_back(rows.integer());
    }
    return integers;
}

}  // namespace

// Where a statement repeats an index's condition, as `claimant <> 0`, SQLite needs it to see that
// the index may be used.
template <class Sql>
Workers<Sql>::Workers(const typename Sql::Database& database, StepEnds<Sql>& ends)
    : ends_(ends),
      insert_(
          database,
          "INSERT INTO workers (name, started, lease_until) VALUES (?, ?, ?)" +
              std::string(Sql::returning_id)
      ),
      renew_(database, "UPDATE workers SET lease_until = ? WHERE id = ?"),
      lapsed_(
          database,
          "SELECT id FROM workers WHERE lease_until < ? ORDER BY id" + std::string(Sql::skip_locked)
      ),
      namesakes_(
          database,
          Sql::one_process ? "SELECT id FROM workers WHERE name <> ? OR 1 = 1"
                           : "SELECT id FROM workers WHERE name = ? ORDER BY id FOR UPDATE"
      ),
      free_builds_(database, "UPDATE builds SET worker = 0 WHERE state = 1 AND worker = ?"),
      stopped_(
          database,
          "SELECT DISTINCT build FROM steps WHERE claimant <> 0 AND claimant = ? AND stop = 1"
      ),
      free_steps_(database, free_steps_sql("claimant <> 0 AND claimant = ?")),
      remove_(database, "DELETE FROM workers WHERE id = ?"),
      orders_(
          database,
          "SELECT build, position FROM steps WHERE claimant <> 0 AND claimant = ? AND stop = 1"
      ),
      overtaken_(database, overtaken_sql(Sql::by_queued)),
      plans_(database, "SELECT id FROM builds WHERE state = 1 AND planned = 0 AND worker = ?"),
      steps_(
          database,
          "SELECT build, position, stop FROM steps WHERE claimant <> 0 AND claimant = ? ORDER BY "
          "build, position"
      ),
      free_build_(database, "UPDATE builds SET worker = 0 WHERE id = ? AND worker = ?"),
      free_step_(database, free_steps_sql("build = ? AND position = ? AND claimant = ?")) {}

template <class Sql>
WorkerId Workers<Sql>::register_worker(const std::string& name, Time now) {
    for (const std::int64_t worker : integers_of(namesakes_.query(name))) {
        free_claims(worker, now);
    }
    return WorkerId{insert_.insert(name, stored(now), stored(now + lease_time))};
}

template <class Sql>
Result<Beat> Workers<Sql>::heartbeat(WorkerId worker, Time now) {
    if (renew_.run(stored(now + lease_time), worker.value) == 0) {
        return fail(
            ErrorCode::conflict,
            "this process did not say in time that it lives: what it had claimed was given away"
        );
    }
    Beat beat;
    for (const std::int64_t lapsed : integers_of(lapsed_.query(stored(now)))) {
        free_claims(lapsed, now);
        beat.freed = true;
    }
    {
        auto rows = orders_.query(worker.value);
        while (rows.next()) {
            const BuildId build{rows.integer()};
            beat.orders.stop.push_back({build, static_cast<int>(rows.integer())});
        }
    }
    for (const std::int64_t build : integers_of(overtaken_.query(worker.value))) {
        beat.orders.overtaken.push_back(BuildId{build});
    }
    return beat;
}

template <class Sql>
int Workers<Sql>::free_all_but(WorkerId worker, const WorkAtHand& at_hand, Time now) {
    int freed = 0;
    for (const std::int64_t build : integers_of(plans_.query(worker.value))) {
        if (std::ranges::find(at_hand.plans, BuildId{build}) == at_hand.plans.end()) {
            free_build_.run(build, worker.value);
            ++freed;
        }
    }
    std::vector<std::pair<StepKey, bool>> claimed;
    {
        auto rows = steps_.query(worker.value);
        while (rows.next()) {
            const BuildId build{rows.integer()};
            const int position = static_cast<int>(rows.integer());
            claimed.emplace_back(StepKey{build, position}, rows.integer() != 0);
        }
    }
    for (const auto& [key, is_stopped] : claimed) {
        if (std::ranges::find(at_hand.steps, key) != at_hand.steps.end()) {
            continue;
        }
        ends_.lock(key.build);
        free_step_.run(key.build.value, key.position, worker.value);
        if (is_stopped) {
            ends_.cancel(key.build, StepEnds<Sql>::Which::unclaimed, "cancelled", now);
            static_cast<void>(ends_.end_if_done(key.build, now));
        }
        ++freed;
    }
    return freed;
}

/// What somebody cancelled meanwhile is not begun again.
template <class Sql>
void Workers<Sql>::free_claims(std::int64_t worker, Time now) {
    free_builds_.run(worker);
    const std::vector<std::int64_t> stopped = integers_of(stopped_.query(worker));
    for (const std::int64_t build : stopped) {
        ends_.lock(BuildId{build});
    }
    free_steps_.run(worker);
    for (const std::int64_t build : stopped) {
        ends_.cancel(BuildId{build}, StepEnds<Sql>::Which::unclaimed, "cancelled", now);
        static_cast<void>(ends_.end_if_done(BuildId{build}, now));
    }
    remove_.run(worker);
}

template class Workers<Sqlite>;
template class Workers<Postgres>;

}  // namespace slipway::store
