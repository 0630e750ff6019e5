#pragma once

#include "server/store/ledger_queries.hpp"
#include "server/store/queries.hpp"

namespace slipway::store {

/// All that reads, on one connection.
template <class Sql>
struct Reads {
    explicit Reads(const typename Sql::Database& database) : builds(database), ledger(database) {}

    Queries<Sql> builds;
    LedgerQueries<Sql> ledger;
};

}  // namespace slipway::store
