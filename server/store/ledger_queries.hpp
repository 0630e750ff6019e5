#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// Reads branches, what is pushed and owed of them, and deliveries. Runs in the caller's
/// transaction.
template <class Sql>
class LedgerQueries {
public:
    explicit LedgerQueries(const typename Sql::Database& database);

    [[nodiscard]] std::optional<Branch> branch(
        const std::string& repository, const std::string& ref
    );
    [[nodiscard]] std::vector<Branch> branches(const std::string& repository);
    [[nodiscard]] std::vector<LedgerEntry> ledger(const LedgerQuery& query);
    [[nodiscard]] std::vector<Delivery> deliveries(const DeliveryQuery& query);
    [[nodiscard]] Result<Delivery> delivery(DeliveryId id);

private:
    using Statement = typename Sql::Statement;

    const typename Sql::Database& database_;
};

extern template class LedgerQueries<Sqlite>;
extern template class LedgerQueries<Postgres>;

}  // namespace slipway::store
