#pragma once

#include "server/store/image_table.hpp"
#include "server/store/ledger_queries.hpp"
#include "server/store/outbox.hpp"
#include "server/store/queries.hpp"

namespace slipway::store {

/// All that reads, on one connection.
template <class Sql>
struct Reads {
    Reads(const typename Sql::Database& database, ImageTable& table)
        : builds(database, table), ledger(database), outbox(database) {}

    Queries<Sql> builds;
    LedgerQueries<Sql> ledger;
    OutboxQueries<Sql> outbox;
};

}  // namespace slipway::store
