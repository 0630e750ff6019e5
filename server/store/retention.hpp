#pragma once

#include "server/store/dialects.hpp"
#include "server/store/store.hpp"

namespace slipway::store {

/// Removes what is older than it need be. Runs in the caller's transaction.
template <class Sql>
class Retention {
public:
    explicit Retention(const typename Sql::Database& database);

    [[nodiscard]] Pruned prune(const Keep& keep);

private:
    using Statement = typename Sql::Statement;

    Statement logs_;
    Statement builds_;
    Statement deliveries_;
    Statement reports_;
};

extern template class Retention<Sqlite>;
extern template class Retention<Postgres>;

}  // namespace slipway::store
