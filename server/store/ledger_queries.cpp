#include "server/store/ledger_queries.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/conditions.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {
namespace {

constexpr int most_deliveries = 200;

constexpr std::string_view delivery_columns =
    "d.id, d.received, d.repository, d.event, d.ref, d.before, d.after, d.headers, d.reason, "
    "(SELECT b.id FROM builds AS b WHERE b.delivery = d.id)";

template <class Rows>
Delivery read_delivery(Rows& rows) {
    return {
        .id = DeliveryId{rows.integer()},
        .received = time_of(rows.integer()),
        .repository = rows.text(),
        .event = rows.text(),
        .ref = rows.text(),
        .before = rows.text(),
        .after = rows.text(),
        .headers = rows.text(),
        .reason = rows.text(),
        .build = id_or_null<BuildId>(rows),
    };
}

}  // namespace

template <class Sql>
LedgerQueries<Sql>::LedgerQueries(const typename Sql::Database& database) : database_(database) {}

template <class Sql>
std::optional<Branch> LedgerQueries<Sql>::branch(
    const std::string& repository, const std::string& ref
) {
    Statement statement(
        database_,
        "SELECT " + std::string(branch_columns) + " FROM branches WHERE repository = ? AND ref = ?"
    );
    auto rows = statement.query(repository, ref);
    return rows.next() ? std::optional(read_branch(rows)) : std::nullopt;
}

template <class Sql>
std::vector<Branch> LedgerQueries<Sql>::branches(const std::string& repository) {
    Statement statement(
        database_,
        "SELECT " + std::string(branch_columns) + " FROM branches WHERE repository = ? ORDER BY ref"
    );
    auto rows = statement.query(repository);
    std::vector<Branch> branches;
    while (rows.next()) {
        branches.push_back(read_branch(rows));
    }
    return branches;
}

template <class Sql>
std::vector<LedgerEntry> LedgerQueries<Sql>::ledger(const LedgerQuery& query) {
    Conditions conditions;
    conditions.add_equal("repository", query.repository);
    conditions.add_equal("ref", query.ref);
    conditions.add_equal("folder", query.folder);
    if (query.owed_only) {
        conditions.add("owed_since IS NOT NULL");
    }
    Statement statement(
        database_,
        "SELECT " + std::string(ledger_columns) + " FROM ledger " + conditions.where() +
            " ORDER BY repository, ref, folder LIMIT " + std::to_string(query.limit) + " OFFSET " +
            std::to_string(query.offset)
    );
    return conditions.query(statement, [](auto& rows) {
        std::vector<LedgerEntry> entries;
        while (rows.next()) {
            entries.push_back(read_ledger_entry(rows));
        }
        return entries;
    });
}

template <class Sql>
std::vector<Delivery> LedgerQueries<Sql>::deliveries(const DeliveryQuery& query) {
    Conditions conditions;
    conditions.add_equal("d.repository", query.repository);
    if (query.older_than) {
        conditions.add("d.id < " + std::to_string(query.older_than->value));
    }
    Statement statement(
        database_,
        "SELECT " + std::string(delivery_columns) + " FROM deliveries AS d " + conditions.where() +
            " ORDER BY d.id DESC LIMIT " +
            std::to_string(std::clamp(query.limit, 0, most_deliveries))
    );
    return conditions.query(statement, [](auto& rows) {
        std::vector<Delivery> deliveries;
        while (rows.next()) {
            deliveries.push_back(read_delivery(rows));
        }
        return deliveries;
    });
}

template <class Sql>
Result<Delivery> LedgerQueries<Sql>::delivery(DeliveryId id) {
    Statement statement(
        database_,
        "SELECT " + std::string(delivery_columns) + " FROM deliveries AS d WHERE d.id = ?"
    );
    auto rows = statement.query(id.value);
    if (!rows.next()) {
        return fail(ErrorCode::not_found, "there is no delivery " + std::to_string(id.value));
    }
    return read_delivery(rows);
}

template class LedgerQueries<Sqlite>;
template class LedgerQueries<Postgres>;

}  // namespace slipway::store
