#pragma once

#include "server/store/image_table.hpp"
#include "server/store/ledger_queries.hpp"
#include "server/store/outbox.hpp"
#include "server/store/queries.hpp"
#include "server/store/records.hpp"
#include "server/store/snapshot_reader.hpp"

namespace slipway::store {

/// All that reads, on one connection.
template <class Sql>
struct Reads {
    Reads(const typename Sql::Database& database, ImageTable& table)
        : reader(database),
          builds(database, reader),
          snapshot(database, reader, table),
          ledger(database),
          outbox(database) {}

    BuildReader<Sql> reader;  ///< of the next two
    Queries<Sql> builds;
    SnapshotReader<Sql> snapshot;
    LedgerQueries<Sql> ledger;
    OutboxQueries<Sql> outbox;
};

}  // namespace slipway::store
