#include "server/store/step_ends.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/dialects.hpp"
#include "server/store/ledger.hpp"
#include "server/store/outbox.hpp"
#include "server/store/records.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

constexpr std::string_view ready_sql = R"sql(
UPDATE steps SET missing = missing - 1, state = CASE WHEN missing = 1 THEN 1 ELSE state END
WHERE build = ?1 AND state = 0 AND position IN (SELECT n.position FROM step_needs AS n WHERE n.build = ?1 AND n.need = ?2)
)sql";

constexpr std::string_view skip_sql = R"sql(
WITH RECURSIVE lost (position) AS (
    SELECT n.position FROM step_needs AS n WHERE n.build = ?1 AND n.need = ?2
    UNION
    SELECT n.position FROM step_needs AS n JOIN lost ON n.need = lost.position WHERE n.build = ?1
)
UPDATE steps SET state = 9, error = ?3, finished = ?4
WHERE build = ?1 AND finished IS NULL AND state IN (0, 1) AND position IN (SELECT position FROM lost)
RETURNING folder
)sql";

constexpr std::string_view cancel_sql = R"sql(
UPDATE steps SET state = 8, error = ?1, finished = ?2
WHERE build = ?3 AND claimant = 0 AND finished IS NULL AND (state IN (0, 1) OR (state = 3 AND ?4 = 1))
RETURNING folder
)sql";

constexpr std::string_view outcome_sql = R"sql(
SELECT b.ending, b.error, (SELECT count(*) FROM steps AS s WHERE s.build = b.id AND s.state IN (7, 8, 9)), b.reports
FROM builds AS b WHERE b.id = ?
)sql";

/// All of a first column.
template <class Rows>
std::vector<std::string> texts_of(Rows rows) {
    std::vector<std::string> texts;
    while (rows.next()) {
        texts.push_back(rows.text());
    }
    return texts;
}

bool is_as_wanted(const Step& step) {
    return step.state == StepState::pushed || step.state == StepState::unchanged ||
           (step.state == StepState::built && !step.push);
}

std::string why_owed(BuildId build, const Step& step) {
    std::string why(to_string(step.state));
    why += " in build " + std::to_string(build.value);
    return step.error.empty() ? why : why + ": " + step.error.substr(0, step.error.find('\n'));
}

}  // namespace

template <class Sql>
StepEnds<Sql>::StepEnds(
    const typename Sql::Database& database, Ledger<Sql>& ledger, Outbox<Sql>& outbox
)
    : ledger_(ledger),
      outbox_(outbox),
      lock_(database, "SELECT id FROM builds WHERE id = ?" + std::string(Sql::lock_row)),
      ready_(database, ready_sql),
      skip_(database, skip_sql),
      cancel_(database, cancel_sql),
      is_open_(database, "SELECT 1 FROM steps WHERE build = ? AND finished IS NULL LIMIT 1"),
      outcome_(database, outcome_sql),
      end_(database, "UPDATE builds SET state = ?, error = ?, finished = ? WHERE id = ?") {}

template <class Sql>
void StepEnds<Sql>::lock(BuildId build) {
    if constexpr (!Sql::lock_row.empty()) {
        lock_.run(build.value);
    }
}

template <class Sql>
BuildEnd StepEnds<Sql>::follow(BuildId build, const Step& step, Time now) {
    if (is_as_wanted(step)) {
        ready_.run(build.value, step.position);
        ledger_.pushed(build, step, now);
    } else {
        ledger_.not_pushed(build, step.folder, why_owed(build, step));
        skip_dependents(build, step, now);
    }
    return end_if_done(build, now);
}

template <class Sql>
void StepEnds<Sql>::skip_dependents(BuildId build, const Step& step, Time now) {
    const std::string why =
        "not built, because " + step.folder + " " +
        (step.state == StepState::cancelled ? "was cancelled" : std::string(to_string(step.state)));
    const std::vector<std::string> folders =
        texts_of(skip_.query(build.value, step.position, why, stored(now)));
    for (const std::string& folder : folders) {
        ledger_.not_pushed(
            build, folder, "skipped in build " + std::to_string(build.value) + ": " + why
        );
    }
    if (!folders.empty()) {
        outbox_.steps_given_up(build, now);
    }
}

template <class Sql>
std::int64_t StepEnds<Sql>::cancel(BuildId build, Which which, const std::string& why, Time now) {
    const std::vector<std::string> folders =
        texts_of(cancel_.query(why, stored(now), build.value, which == Which::unclaimed ? 1 : 0));
    for (const std::string& folder : folders) {
        ledger_.not_pushed(
            build, folder, "cancelled in build " + std::to_string(build.value) + ": " + why
        );
    }
    if (!folders.empty()) {
        outbox_.steps_given_up(build, now);
    }
    return static_cast<std::int64_t>(folders.size());
}

template <class Sql>
BuildEnd StepEnds<Sql>::end_if_done(BuildId build, Time now) {
    {
        auto open = is_open_.query(build.value);
        if (open.next()) {
            return {};
        }
    }
    auto state = BuildState::succeeded;
    std::string error;
    Reports reports;
    {
        auto rows = outcome_.query(build.value);
        if (!rows.next()) {
            return {};
        }
        const auto ending = static_cast<BuildState>(rows.integer());
        error = rows.text();
        const bool failed = rows.integer() > 0 || !error.empty();
        state = ending != BuildState{} ? ending
                : failed               ? BuildState::failed
                                       : BuildState::succeeded;
        error = error.empty() && failed ? "a step failed" : error;
        reports = reports_from(rows.integer());
    }
    end_.run(std::to_underlying(state), error, stored(now), build.value);
    if (reports.any()) {
        outbox_.build_ended(build, now);
    }
    return {state};
}

template class StepEnds<Sqlite>;
template class StepEnds<Postgres>;

}  // namespace slipway::store
