#include "server/store/retention.hpp"

#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <string_view>

namespace slipway::store {
namespace {

// Builds end about in the order in which they came: those with the smallest ids are looked at, and
// no index is needed for the times.
constexpr std::string_view logs_sql = R"sql(
DELETE FROM step_logs WHERE (build, position, first_byte) IN (
    SELECT l.build, l.position, l.first_byte FROM step_logs AS l JOIN builds AS b ON b.id = l.build
    WHERE b.state >= 2 AND b.finished < ?2
    ORDER BY l.build, l.position, l.first_byte LIMIT ?1
)
)sql";

constexpr std::string_view builds_sql = R"sql(
DELETE FROM builds WHERE id IN (
    SELECT b.id FROM builds AS b WHERE b.state >= 2 AND b.finished < ?2
        AND NOT EXISTS (SELECT 1 FROM images AS i WHERE i.build = b.id)
        AND NOT EXISTS (SELECT 1 FROM ledger AS l WHERE l.build = b.id)
        AND NOT EXISTS (SELECT 1 FROM ledger AS o WHERE o.owed_since IS NOT NULL AND o.owed_build = b.id)
    ORDER BY b.finished LIMIT ?1
)
)sql";

constexpr std::string_view deliveries_sql = R"sql(
DELETE FROM deliveries WHERE received < ?2 AND id IN (SELECT d.id FROM deliveries AS d ORDER BY d.id LIMIT ?1)
)sql";

constexpr std::string_view reports_sql = R"sql(
DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox AS o WHERE o.state <> 0 AND o.updated < ?2 ORDER BY o.updated LIMIT ?1)
)sql";

}  // namespace

template <class Sql>
Retention<Sql>::Retention(const typename Sql::Database& database)
    : logs_(database, logs_sql),
      builds_(database, builds_sql),
      deliveries_(database, deliveries_sql),
      reports_(database, reports_sql) {}

template <class Sql>
Pruned Retention<Sql>::prune(const Keep& keep) {
    Pruned pruned;
    pruned.logs = logs_.run(keep.most, stored(keep.logs_from));
    pruned.builds = builds_.run(keep.most, stored(keep.builds_from));
    pruned.deliveries = deliveries_.run(keep.most, stored(keep.deliveries_from));
    pruned.reports = reports_.run(keep.most, stored(keep.reports_from));
    return pruned;
}

template class Retention<Sqlite>;
template class Retention<Postgres>;

}  // namespace slipway::store
