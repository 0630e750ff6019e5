#include "server/store/claims.hpp"

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/newer_push.hpp"
#include "server/store/outbox.hpp"
#include "server/store/records.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

// Steps from one waiting repository to the next on an index, for one that runs may have a hundred
// thousand builds waiting.
constexpr std::string_view next_sql = R"sql(
WITH RECURSIVE waiting (repository) AS (
    SELECT min(repository) FROM builds WHERE state = 0
    UNION ALL
    SELECT (SELECT min(b.repository) FROM builds AS b WHERE b.state = 0 AND b.repository > waiting.repository)
    FROM waiting WHERE waiting.repository IS NOT NULL
)
SELECT first.id FROM waiting JOIN builds AS first ON first.id = (
    SELECT b.id FROM builds AS b WHERE b.state = 0 AND b.repository = waiting.repository
    ORDER BY b.trigger_kind, b.id LIMIT 1
)
WHERE NOT EXISTS (SELECT 1 FROM builds AS r WHERE r.state = 1 AND r.repository = waiting.repository)
ORDER BY first.trigger_kind, first.id LIMIT 1
)sql";

std::string overtaken_sql(std::string_view by_queued) {
    return "SELECT r.id, " + newest_push(by_queued, "r", first_after_running) +
           " FROM builds AS r WHERE r.state = 1 AND r.planned = 1 AND r.ending = 0 AND "
           "r.trigger_kind IN (1, 2) AND r.folders = '[]' AND r.ref <> ''";
}

std::string newest_sql(std::string_view by_queued) {
    return "SELECT " + newest_push(by_queued, "c", "c.id") +
           " FROM builds AS c WHERE c.id = ? AND c.ref <> '' AND c.ending = 0 AND c.trigger_kind "
           "IN (1, 2) AND c.folders = '[]'";
}

// At most so many at a time: the rest is overtaken by what was planned then.
std::string supersede_sql(std::string_view by_queued) {
    std::string sql =
        "UPDATE builds SET state = 5, error = ?1, finished = ?2 WHERE id IN (SELECT "
        "o.id FROM builds AS o";
    sql += by_queued;
    sql +=
        " JOIN builds AS n ON o.repository = n.repository AND o.ref = n.ref WHERE n.id = ?3 AND "
        "o.state = 0 AND o.id < n.id AND o.trigger_kind IN (1, 2) AND o.folders = '[]' ORDER BY "
        "o.id LIMIT 1000) RETURNING id, reports";
    return sql;
}

/// ?1: now. Each condition of the index is repeated, so that SQLite sees that it may be used.
/// Nobody is told to wait for ten minutes: where it looks like that, the clock was set back.
std::string is_claimable_by(const std::string& name) {
    return "s.state IN (1, 3) AND s.claimant = 0 AND s.finished IS NULL "
           "AND (s.not_before IS NULL OR s.not_before <= ?1 OR s.not_before - 600000 > ?1) "
           "AND (s.state = 1 OR s.worker = " +
           name +
           " OR s.worker NOT IN (SELECT w.name FROM workers AS w WHERE w.lease_until >= ?1))";
}

std::string may_move_in(const std::string& name) {
    return "(b.one_place = 0 OR b.home IN ('', " + name +
           ") OR b.home NOT IN (SELECT w.name FROM workers AS w WHERE w.lease_until >= ?1))";
}

/// ?1: now, ?2: the worker. Builds with something for it, the first to take from first, each with
/// the worker's name.
std::string rank_sql() {
    return "SELECT ranked.id, ranked.one_place, ranked.name FROM ("
           "SELECT b.id AS id, b.one_place AS one_place, me.name AS name, "
           "(SELECT s.priority FROM steps AS s WHERE s.build = b.id AND " +
           is_claimable_by("me.name") +
           " ORDER BY s.priority, s.position LIMIT 1) AS priority, "
           "(SELECT count(*) FROM steps AS r WHERE r.build = b.id AND r.claimant <> 0) AS busy "
           "FROM workers AS me CROSS JOIN builds AS b "
           "WHERE me.id = ?2 AND b.state = 1 AND b.planned = 1 AND " +
           may_move_in("me.name") +
           ") AS ranked WHERE ranked.priority IS NOT NULL "
           "ORDER BY ranked.priority, ranked.busy, ranked.id";
}

/// ?1: now, ?2: the worker's name, ?3: the build, ?4: the worker. Answers the step as it is then.
std::string take_sql(std::string_view skip_locked) {
    return "UPDATE steps SET claimant = ?4, stop = 0, not_before = NULL, "
           "worker = CASE state WHEN 1 THEN ?2 ELSE worker END WHERE build = ?3 AND position = ("
           "SELECT s.position FROM steps AS s WHERE s.build = ?3 AND " +
           is_claimable_by("?2") + " ORDER BY s.priority, s.position LIMIT 1" +
           std::string(skip_locked) + ") RETURNING " + without_alias(step_columns);
}

}  // namespace

// The plus before an id: see BuildReader. CROSS JOIN: SQLite takes its tables in this order, and
// would else go through all steps of a build for the parents of one.
template <class Sql>
Claims<Sql>::Claims(
    const typename Sql::Database& database, Outbox<Sql>& outbox, StepEnds<Sql>& ends
)
    : outbox_(outbox),
      ends_(ends),
      reader_(database),
      lock_(database, Sql::lock_claims),
      overtaken_(database, overtaken_sql(Sql::by_queued)),
      mark_superseded_(
          database, "UPDATE builds SET ending = 5, error = ? WHERE id = ? AND state = 1"
      ),
      unplanned_(
          database,
          "SELECT id FROM builds WHERE state = 1 AND planned = 0 AND worker = 0 ORDER BY +id LIMIT "
          "1"
      ),
      next_(database, next_sql),
      newest_(database, newest_sql(Sql::by_queued)),
      supersede_(database, supersede_sql(Sql::by_queued)),
      start_(
          database,
          "UPDATE builds SET state = 1, worker = ?, started = coalesce(started, ?) WHERE id = ? "
          "AND "
          "(state = 0 OR (state = 1 AND worker = 0))"
      ),
      worker_(database, "SELECT 1 FROM workers WHERE id = ?" + std::string(Sql::lock_key)),
      rank_(database, rank_sql()),
      move_in_(
          database, "UPDATE builds AS b SET home = ?2 WHERE b.id = ?3 AND " + may_move_in("?2")
      ),
      take_(database, take_sql(Sql::skip_locked)),
      parents_(
          database,
          "SELECT " + std::string(step_columns) +
              " FROM step_needs AS n CROSS JOIN steps AS s WHERE n.build = ? AND n.position = ? "
              "AND "
              "s.build = n.build AND s.position = n.need ORDER BY s.position"
      ),
      build_(
          database,
          "SELECT " + std::string(brief_build_columns) + ", b.bases FROM builds AS b WHERE b.id = ?"
      ) {}

template <class Sql>
BuildClaim Claims<Sql>::claim_build(WorkerId worker, Time now) {
    static_cast<void>(lock_.run());
    if (!is_there(worker)) {
        return {};
    }
    BuildClaim claim;
    claim.superseded = supersede_running(now);
    const std::optional<std::int64_t> chosen = choose(now);
    if (chosen && start_.run(worker.value, stored(now), *chosen) > 0) {
        claim.build = reader_.find_brief(BuildId{*chosen});
        if (claim.build && claim.build->reports.statuses) {
            outbox_.build_changed(claim.build->id, now);
        }
    }
    return claim;
}

/// And stays until the claims are written: who finds its lease lapsed frees what is claimed then,
/// and nobody would free what is claimed after that.
template <class Sql>
bool Claims<Sql>::is_there(WorkerId worker) {
    return worker_.query(worker.value).next();
}

/// A build that a newer push overtakes begins no more steps; what it has begun it finishes. Whether
/// there was one.
template <class Sql>
bool Claims<Sql>::supersede_running(Time now) {
    bool superseded = false;
    std::vector<std::pair<std::int64_t, std::int64_t>> overtaken;
    {
        auto rows = overtaken_.query();
        while (rows.next()) {
            const std::int64_t old = rows.integer();
            if (const auto newer = rows.integer_or_null()) {
                overtaken.emplace_back(old, *newer);
            }
        }
    }
    for (const auto& [old, newer] : overtaken) {
        const std::string why = "superseded by build " + std::to_string(newer);
        ends_.lock(BuildId{old});
        if (ends_.cancel(BuildId{old}, StepEnds<Sql>::Which::unbegun, why, now) > 0) {
            mark_superseded_.run(why, old);
            static_cast<void>(ends_.end_if_done(BuildId{old}, now));
            superseded = true;
        }
    }
    return superseded;
}

template <class Sql>
std::optional<std::int64_t> Claims<Sql>::choose(Time now) {
    {
        auto rows = unplanned_.query();
        if (rows.next()) {
            return rows.integer();
        }
    }
    std::int64_t candidate = 0;
    {
        auto rows = next_.query();
        if (!rows.next()) {
            return std::nullopt;
        }
        candidate = rows.integer();
    }
    return supersede_queued(candidate, now);
}

/// The newest of the pushes of a branch that wait, which supersedes those before it.
template <class Sql>
std::int64_t Claims<Sql>::supersede_queued(std::int64_t candidate, Time now) {
    std::int64_t newest = candidate;
    {
        auto rows = newest_.query(candidate);
        if (rows.next()) {
            newest = rows.integer_or_null().value_or(candidate);
        }
    }
    if (newest != candidate) {
        supersede_older(newest, now);
    }
    return newest;
}

template <class Sql>
void Claims<Sql>::supersede_older(std::int64_t newest, Time now) {
    std::vector<BuildId> told;
    {
        auto rows =
            supersede_.query("superseded by build " + std::to_string(newest), stored(now), newest);
        while (rows.next()) {
            const BuildId build{rows.integer()};
            if (reports_from(rows.integer()).any()) {
                told.push_back(build);
            }
        }
    }
    for (const BuildId build : told) {
        outbox_.build_ended(build, now);
    }
}

template <class Sql>
std::vector<ClaimedStep> Claims<Sql>::claim_steps(WorkerId worker, int most, Time now) {
    std::vector<ClaimedStep> claimed;
    if (!is_there(worker)) {
        return claimed;
    }
    while (static_cast<int>(claimed.size()) < most) {
        std::optional<ClaimedStep> step = claim_step(worker, now);
        if (!step) {
            break;
        }
        claimed.push_back(*std::move(step));
    }
    return claimed;
}

template <class Sql>
std::optional<ClaimedStep> Claims<Sql>::claim_step(WorkerId worker, Time now) {
    for (const Ranked& build : rank(worker, now)) {
        if (build.one_place && move_in_.run(stored(now), build.worker, build.id.value) == 0) {
            continue;
        }
        if (std::optional<Step> step = take(build, worker, now)) {
            return with_facts(build.id, *std::move(step));
        }
    }
    return std::nullopt;
}

template <class Sql>
std::vector<typename Claims<Sql>::Ranked> Claims<Sql>::rank(WorkerId worker, Time now) {
    std::vector<Ranked> ranked;
    auto rows = rank_.query(stored(now), worker.value);
    while (rows.next()) {
        ranked.push_back({
            .id = BuildId{rows.integer()},
            .one_place = rows.integer() != 0,
            .worker = rows.text(),
        });
    }
    return ranked;
}

/// None where others took all of them meanwhile.
template <class Sql>
std::optional<Step> Claims<Sql>::take(const Ranked& build, WorkerId worker, Time now) {
    auto rows = take_.query(stored(now), build.worker, build.id.value, worker.value);
    return rows.next() ? std::optional(read_step(rows)) : std::nullopt;
}

template <class Sql>
ClaimedStep Claims<Sql>::with_facts(BuildId build, Step step) {
    ClaimedStep claimed;
    {
        auto rows = build_.query(build.value);
        if (rows.next()) {
            claimed.build = read_build(rows);
            claimed.bases = map_from(rows.text());
        }
    }
    if (!step.needs.empty()) {
        auto parents = parents_.query(build.value, step.position);
        while (parents.next()) {
            claimed.parents.push_back(read_step(parents));
        }
    }
    claimed.step = std::move(step);
    return claimed;
}

template class Claims<Sqlite>;
template class Claims<Postgres>;

}  // namespace slipway::store
