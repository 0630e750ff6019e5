#include "server/store/outbox.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

constexpr int most_reports = 200;

constexpr std::string_view report_columns =
    "o.id, o.kind, o.repository, o.report_key, o.build, o.position, o.body, o.revision, o.claim, "
    "o.state, o.attempts, o.error, o.created, o.updated, o.due";

constexpr std::string_view insert_columns =
    "INSERT INTO outbox (kind, repository, report_key, build, position, body, revision, claim, "
    "claimant, lease_until, state, attempts, due, error, created, updated) ";

/// What stands behind (kind, repository, report_key, build, position, body); ?1: now.
constexpr std::string_view new_row = ", 1, 0, '', 0, 0, 0, ?1, '', ?1, ?1 ";

/// Only the newest state counts, and an older build says nothing about a commit that a newer one
/// has. Somebody who asked for time (`due`) has it.
constexpr std::string_view newest_counts = R"sql(
ON CONFLICT (kind, repository, report_key) DO UPDATE SET build = excluded.build, position = excluded.position,
    body = excluded.body, revision = outbox.revision + 1, attempts = 0, error = '', updated = excluded.updated, state = 0,
    due = CASE WHEN outbox.state = 0 AND outbox.attempts > 0 THEN outbox.due ELSE excluded.due END
WHERE excluded.build >= outbox.build
)sql";

constexpr std::string_view first_counts = "ON CONFLICT (kind, repository, report_key) DO NOTHING";

std::string sql(
    std::string_view values, std::string_view from, std::string_view on_conflict = newest_counts
) {
    std::string text(insert_columns);
    for (const std::string_view part :
         {std::string_view("SELECT "), values, new_row, from, std::string_view(" "), on_conflict}) {
        text += part;
    }
    return text;
}

constexpr std::string_view step_status =
    "0, b.repository, b.after || ' ' || s.folder, b.id, s.position, ''";

/// ?2: the build. 7 is a step that failed.
constexpr std::string_view steps_of_build =
    "FROM builds AS b JOIN steps AS s ON s.build = b.id WHERE b.id = ?2 AND (b.reports & 1) <> 0 "
    "AND ((b.reports & 4) <> 0 OR s.state = 7)";

constexpr std::string_view settle_sql = R"sql(
UPDATE outbox SET lease_until = 0, claimant = '',
    state = CASE WHEN revision = ?1 THEN ?2 ELSE 0 END,
    attempts = CASE WHEN revision = ?1 THEN ?3 ELSE attempts END,
    due = CASE WHEN revision = ?1 OR ?2 = 0 THEN ?4 ELSE due END,
    error = CASE WHEN revision = ?1 THEN ?5 ELSE error END,
    updated = ?6
WHERE id = ?7 AND claim = ?8
)sql";

/// With an attempt, so that news do not shorten the wait.
constexpr std::string_view free_sql = R"sql(
UPDATE outbox SET lease_until = 0, due = CASE WHEN kind IN (0, 2) THEN ?1 ELSE due END,
    attempts = CASE WHEN kind IN (0, 2) THEN attempts + 1 ELSE attempts END
WHERE state = 0 AND lease_until > 0 AND )sql";

template <class Rows>
Report read_report(Rows& rows) {
    return {
        .id = ReportId{rows.integer()},
        .kind = static_cast<ReportKind>(rows.integer()),
        .repository = rows.text(),
        .key = rows.text(),
        .build = BuildId{rows.integer()},
        .position = static_cast<int>(rows.integer()),
        .body = rows.text(),
        .revision = rows.integer(),
        .claim = rows.integer(),
        .state = static_cast<ReportState>(rows.integer()),
        .attempts = static_cast<int>(rows.integer()),
        .error = rows.text(),
        .created = time_of(rows.integer()),
        .updated = time_of(rows.integer()),
        .due = time_of(rows.integer()),
    };
}

template <class Rows>
std::vector<Report> read_reports(Rows rows) {
    std::vector<Report> reports;
    while (rows.next()) {
        reports.push_back(read_report(rows));
    }
    return reports;
}

}  // namespace

template <class Sql>
Outbox<Sql>::Outbox(const typename Sql::Database& database)
    : build_status_(
          database,
          sql("0, b.repository, b.after || ' ', b.id, -1, ''",
              "FROM builds AS b WHERE b.id = ?2 AND (b.reports & 1) <> 0 AND b.after <> ''")
      ),
      step_status_(
          database, sql(step_status, std::string(steps_of_build) + " AND s.position = ?3")
      ),
      planned_(database, sql(step_status, std::string(steps_of_build) + " ORDER BY s.position")),
      given_up_(
          database,
          sql(step_status,
              std::string(steps_of_build) +
                  " AND s.finished = ?1 AND s.state IN (8, 9) ORDER BY s.position")
      ),
      build_event_(
          database,
          sql("1, b.repository, 'build.finished ' || b.id, b.id, -1, ''",
              "FROM builds AS b WHERE b.id = ?2 AND (b.reports & 2) <> 0",
              first_counts)
      ),
      step_event_(
          database,
          sql("1, b.repository, 'image.pushed ' || b.id || ' ' || s.position, b.id, s.position, ''",
              "FROM builds AS b JOIN steps AS s ON s.build = b.id WHERE b.id = ?2 AND "
              "s.position = ?3 AND (b.reports & 2) <> 0",
              first_counts)
      ),
      add_(
          database,
          std::string(insert_columns) +
              "VALUES (?2, ?3, ?4, 0, -1, ?5, 1, 0, '', 0, 0, 0, ?1, '', ?1, ?1) " +
              std::string(newest_counts)
      ),
      add_once_(
          database,
          std::string(insert_columns) +
              "VALUES (?2, ?3, ?4, 0, -1, ?5, 1, 0, '', 0, 0, 0, ?1, '', ?1, ?1) " +
              std::string(first_counts)
      ),
      claimable_(
          database,
          "SELECT " + std::string(report_columns) +
              " FROM outbox AS o WHERE o.state = 0 AND o.due <= ?1 AND o.lease_until <= ?1 "
              "ORDER BY o.due, o.id LIMIT ?2" +
              std::string(Sql::skip_locked)
      ),
      take_(
          database,
          "UPDATE outbox SET claim = claim + 1, claimant = ?, lease_until = ? WHERE id = ?"
      ),
      settle_(database, settle_sql),
      free_(
          database,
          std::string(free_sql) + (Sql::one_process ? "(claimant = ?2 OR 1 = 1)" : "claimant = ?2")
      ) {}

template <class Sql>
void Outbox<Sql>::build_changed(BuildId build, Time now) {
    build_status_.run(stored(now), build.value);
}

template <class Sql>
void Outbox<Sql>::build_planned(BuildId build, Time now) {
    build_status_.run(stored(now), build.value);
    planned_.run(stored(now), build.value);
}

template <class Sql>
void Outbox<Sql>::build_ended(BuildId build, Time now) {
    build_status_.run(stored(now), build.value);
    build_event_.run(stored(now), build.value);
}

template <class Sql>
void Outbox<Sql>::step_changed(BuildId build, int position, Time now) {
    step_status_.run(stored(now), build.value, position);
}

template <class Sql>
void Outbox<Sql>::step_pushed(BuildId build, int position, Time now) {
    step_event_.run(stored(now), build.value, position);
}

template <class Sql>
void Outbox<Sql>::steps_given_up(BuildId build, Time now) {
    given_up_.run(stored(now), build.value);
}

template <class Sql>
void Outbox<Sql>::add(const NewReport& report, Time now) {
    add_.run(
        stored(now), std::to_underlying(report.kind), report.repository, report.key, report.body
    );
}

template <class Sql>
std::vector<Report> Outbox<Sql>::claim(const std::string& claimant, int most, Time now) {
    std::vector<Report> claimed = read_reports(claimable_.query(stored(now), most));
    for (Report& report : claimed) {
        const Time until =
            report.kind == ReportKind::merge_plan ? now + merge_plan_lease : now + report_lease;
        take_.run(claimant, stored(until), report.id.value);
        ++report.claim;
    }
    return claimed;
}

template <class Sql>
Result<void> Outbox<Sql>::settle(const Report& report, const ReportEnd& end, Time now) {
    const std::int64_t settled = settle_.run(
        report.revision,
        std::to_underlying(end.state),
        end.attempts,
        stored(end.due),
        end.error,
        stored(now),
        report.id.value,
        report.claim
    );
    if (settled == 0) {
        return fail(
            ErrorCode::conflict,
            "report " + std::to_string(report.id.value) + " was given to another process meanwhile"
        );
    }
    for (const NewReport& more : end.more) {
        add_once_.run(
            stored(now), std::to_underlying(more.kind), more.repository, more.key, more.body
        );
    }
    return {};
}

template <class Sql>
void Outbox<Sql>::free(const std::string& claimant, Time now) {
    free_.run(stored(now + interrupted_wait), claimant);
}

template class Outbox<Sqlite>;
template class Outbox<Postgres>;

template <class Sql>
OutboxQueries<Sql>::OutboxQueries(const typename Sql::Database& database)
    : database_(database),
      totals_(
          database,
          "SELECT (SELECT count(*) FROM outbox WHERE state = 0), (SELECT count(*) FROM outbox "
          "WHERE state = 2), (SELECT min(updated) FROM outbox WHERE state = 0)"
      ) {}

/// A state is written out because the indexes of two of them are partial.
template <class Sql>
std::vector<Report> OutboxQueries<Sql>::reports(const ReportQuery& query) {
    std::string text = "SELECT " + std::string(report_columns) +
                       " FROM outbox AS o WHERE o.id < ?1 AND (?2 = '' OR o.repository = ?2)";
    if (query.state) {
        text += " AND o.state = " + std::to_string(std::to_underlying(*query.state));
    }
    typename Sql::Statement statement(database_, text + " ORDER BY o.id DESC LIMIT ?3");
    const std::int64_t before =
        query.older_than ? query.older_than->value : std::numeric_limits<std::int64_t>::max();
    return read_reports(
        statement.query(before, query.repository, std::clamp(query.limit, 0, most_reports))
    );
}

template <class Sql>
ReportTotals OutboxQueries<Sql>::totals() {
    ReportTotals totals;
    auto rows = totals_.query();
    if (rows.next()) {
        totals.due = rows.integer();
        totals.dead = rows.integer();
        totals.oldest_due = time_or_null(rows);
    }
    return totals;
}

template class OutboxQueries<Sqlite>;
template class OutboxQueries<Postgres>;

}  // namespace slipway::store
