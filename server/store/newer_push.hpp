#pragma once

#include <string>
#include <string_view>

namespace slipway::store {

/// Whether the build `n` is a push that waits and may overtake earlier ones of its branch. One that
/// leads up to where an earlier announced push began was announced late, or is replayed: it is not
/// newer, whatever its number, and is left to be judged by git when it is planned. For so long as
/// the earlier one is among the branch's last two hundred, which are looked at. Nor is one that was
/// cancelled: it builds nothing.
inline constexpr std::string_view is_newer_push = R"sql(
n.state = 0 AND n.ending = 0 AND n.trigger_kind IN (1, 2) AND n.folders = '[]' AND NOT EXISTS (
    SELECT 1 FROM (
        SELECT e.before FROM builds AS e WHERE e.repository = n.repository AND e.ref = n.ref AND e.id < n.id
            AND e.trigger_kind IN (1, 2) AND e.folders = '[]'
        ORDER BY e.id DESC LIMIT 200
    ) AS earlier WHERE earlier.before = n.after
)
)sql";

/// The first push that was announced after the build `r`, which runs, and begins where that ends:
/// from this one on pushes are newer than `r`; NULL: none is. A push that leads up to `r` may be
/// announced late where others between the two never were, or where `r` is of the daemon's own
/// finding and spans several: it then builds nothing, once git has judged it, and would have
/// cancelled `r` for that. Where a webhook is missing in between, `r` finishes. It says nothing of
/// `n`, so that it is looked for once and not for each that waits; and only among the first two
/// hundred, so that little is read where it is missing.
inline constexpr std::string_view first_after_running = R"sql((
    SELECT min(later.id) FROM (
        SELECT e.id, e.before FROM builds AS e WHERE e.repository = r.repository AND e.ref = r.ref AND e.id > r.id
            AND e.trigger_kind IN (1, 2) AND e.folders = '[]'
        ORDER BY e.id LIMIT 200
    ) AS later WHERE later.before = r.after
))sql";

/// The id of the newest push that may overtake the build `of`, from the id `from` on; NULL: none.
/// The newest ones are looked at first, so that most of those that wait are not. `by_queued`: the
/// dialect's.
inline std::string newest_push(
    std::string_view by_queued, std::string_view of, std::string_view from
) {
    std::string sql = "(SELECT n.id FROM builds AS n";
    sql.append(by_queued)
        .append(" WHERE n.repository = ")
        .append(of)
        .append(".repository AND n.ref = ");
    sql.append(of).append(".ref AND n.id >= ").append(from).append(" AND ").append(is_newer_push);
    sql.append(" ORDER BY n.id DESC LIMIT 1)");
    return sql;
}

}  // namespace slipway::store
