#include "server/store/intake.hpp"

#include "core/base/strong_id.hpp"
#include "server/base/trace_context.hpp"
#include "server/store/dialects.hpp"
#include "server/store/outbox.hpp"
#include "server/store/records.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store {
namespace {

constexpr std::chrono::hours same_push_window(24);

// Only the newest that waits and the one that runs: what is older, that one takes along.
std::string by_tip_sql(std::string_view by_queued, std::string_view by_running) {
    std::string sql =
        "SELECT 0, b.id, '' FROM builds AS b WHERE b.after = ?3 AND b.trigger_kind "
        "IN (1, 2) AND b.folders = '[]' AND b.id IN ((SELECT max(q.id) FROM builds "
        "AS q";
    sql += by_queued;
    sql +=
        " WHERE q.state = 0 AND q.repository = ?1 AND q.ref = ?2), (SELECT r.id FROM builds AS "
        "r";
    sql += by_running;
    sql += " WHERE r.state = 1 AND r.repository = ?1 AND r.ref = ?2))";
    return sql;
}

// The newest push that was told of since.
constexpr std::string_view told_since_sql = R"sql(
SELECT 0, id, '' FROM builds
WHERE repository = ? AND ref = ? AND id > ? AND trigger_kind IN (1, 2) AND folders = '[]' ORDER BY id DESC LIMIT 1
)sql";

// Of those with the same end only the newest are looked at: deletions share one. There is one at
// most: the others were told to be it. `after` itself is compared outside: beside `after = ?1`
// SQLite takes `substr(after, 1, 8)` for a constant, and would use no index.
std::string by_push_sql(std::string_view same_after) {
    std::string sql =
        "SELECT d.id, (SELECT b.id FROM builds AS b WHERE b.delivery = d.id), d.reason FROM "
        "(SELECT id, received, repository, ref, before, after, reason FROM deliveries WHERE ";
    sql += same_after;
    sql +=
        " AND before <> '' AND after <> '' ORDER BY id DESC LIMIT 200) AS d WHERE d.after = ?1 "
        "AND d.before = ?2 AND d.ref = ?3 AND d.repository = ?4 AND d.received > ?5 LIMIT 1";
    return sql;
}

template <class Rows>
std::optional<Accepted> read_first(Rows& rows) {
    if (!rows.next()) {
        return std::nullopt;
    }
    return Accepted{
        .delivery = DeliveryId{rows.integer()},
        .build = rows.integer_or_null().transform([](std::int64_t id) { return BuildId{id}; }),
        .reason = rows.text(),
        .duplicate = true,
    };
}

}  // namespace

// Where a statement repeats an index's condition, as `sender_key <> ''`, SQLite needs it to see
// that the index may be used.
template <class Sql>
Intake<Sql>::Intake(const typename Sql::Database& database, Outbox<Sql>& outbox)
    : outbox_(outbox),
      tell_of_ref_(database, Sql::tell_of_ref),
      hear_of_ref_(database, Sql::hear_of_ref),
      by_key_(
          database,
          "SELECT d.id, b.id, d.reason FROM deliveries AS d LEFT JOIN builds AS b ON b.delivery = "
          "d.id WHERE d.repository = ? AND d.sender_key = ? AND d.sender_key <> ''"
      ),
      by_push_(database, by_push_sql(Sql::same_after)),
      by_request_(
          database,
          "SELECT 0, id, '' FROM builds WHERE repository = ? AND request_key = ? AND request_key "
          "<> ''"
      ),
      by_tip_(database, by_tip_sql(Sql::by_queued, Sql::by_running)),
      told_since_(database, told_since_sql),
      insert_delivery_(
          database,
          "INSERT INTO deliveries (received, repository, sender_key, event, ref, before, after, "
          "headers, reason, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING" +
              std::string(Sql::returning_id)
      ),
      insert_build_(
          database,
          "INSERT INTO builds (repository, ref, before, after, trigger_kind, folders, "
          "no_cache, state, delivery, request_key, created, error, plan, reports, traceparent) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, '', '', ?, nullif(?, ''))" +
              std::string(Sql::returning_id)
      ) {}

template <class Sql>
Accepted Intake<Sql>::accept(const NewDelivery& delivery, Time now) {
    if (std::optional<Accepted> first = find_by_push(delivery, now)) {
        return find_by_key(delivery).value_or(*std::move(first));
    }
    const std::optional<DeliveryId> stored = store(delivery, now);
    if (!stored) {
        return find_by_key(delivery).value();
    }
    Accepted accepted{
        .delivery = *stored, .build = {}, .reason = delivery.reason, .duplicate = false
    };
    if (delivery.build) {
        if constexpr (!Sql::one_process) {
            static_cast<void>(tell_of_ref_.run(delivery.build->repository, delivery.build->ref));
        }
        accepted.build = queue(*delivery.build, stored->value, "", now);
    }
    if (delivery.report) {
        outbox_.add(*delivery.report, now);
    }
    return accepted;
}

template <class Sql>
Accepted Intake<Sql>::request(const NewBuild& build, const std::string& key, Time now) {
    {
        auto rows = by_request_.query(build.repository, key);
        if (std::optional<Accepted> first = read_first(rows)) {
            return *std::move(first);
        }
    }
    if (std::optional<Accepted> told = find_told(build)) {
        return *std::move(told);
    }
    return {
        .delivery = {},
        .build = queue(build, std::nullopt, key, now),
        .reason = "",
        .duplicate = false
    };
}

/// A push that was thought missed may have been told of meanwhile, also by a transaction that is
/// not over yet: its build has the lower id then, and would be superseded by what is older.
template <class Sql>
std::optional<Accepted> Intake<Sql>::find_told(const NewBuild& build) {
    if (build.trigger != Trigger::reconcile || !build.folders.empty()) {
        return std::nullopt;
    }
    if constexpr (!Sql::one_process) {
        static_cast<void>(hear_of_ref_.run(build.repository, build.ref));
    }
    {
        auto rows = by_tip_.query(build.repository, build.ref, build.after);
        if (std::optional<Accepted> same = read_first(rows)) {
            return same;
        }
    }
    if (!build.newest_known) {
        return std::nullopt;
    }
    auto rows = told_since_.query(build.repository, build.ref, build.newest_known->value);
    return read_first(rows);
}

template <class Sql>
std::optional<Accepted> Intake<Sql>::find_by_key(const NewDelivery& delivery) {
    auto rows = by_key_.query(delivery.repository, delivery.key);
    return read_first(rows);
}

template <class Sql>
std::optional<Accepted> Intake<Sql>::find_by_push(const NewDelivery& delivery, Time now) {
    if (delivery.before.empty() || delivery.after.empty()) {
        return std::nullopt;
    }
    auto rows = by_push_.query(
        delivery.after,
        delivery.before,
        delivery.ref,
        delivery.repository,
        stored(now - same_push_window)
    );
    return read_first(rows);
}

/// Nothing where its key is there already: the index finds that out on the way.
template <class Sql>
std::optional<DeliveryId> Intake<Sql>::store(const NewDelivery& delivery, Time now) {
    const std::optional<std::int64_t> id = insert_delivery_.insert_if_new(
        stored(now),
        delivery.repository,
        delivery.key,
        delivery.event,
        delivery.ref,
        delivery.before,
        delivery.after,
        delivery.headers,
        delivery.reason,
        Blob{delivery.body}
    );
    return id.transform([](std::int64_t number) { return DeliveryId{number}; });
}

template <class Sql>
BuildId Intake<Sql>::queue(
    const NewBuild& build, std::optional<std::int64_t> delivery, const std::string& key, Time now
) {
    const BuildId id{insert_build_.insert(
        build.repository,
        build.ref,
        build.before,
        build.after,
        std::to_underlying(build.trigger),
        to_json(build.folders),
        build.no_cache,
        delivery,
        key,
        stored(now),
        to_bits(build.reports),
        build.trace ? to_string(*build.trace) : ""
    )};
    if (build.reports.statuses) {
        outbox_.build_changed(id, now);
    }
    return id;
}

template class Intake<Sqlite>;
template class Intake<Postgres>;

}  // namespace slipway::store
