#pragma once

#include "server/store/claims.hpp"
#include "server/store/intake.hpp"
#include "server/store/ledger.hpp"
#include "server/store/left_images.hpp"
#include "server/store/outbox.hpp"
#include "server/store/progress.hpp"
#include "server/store/retention.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/workers.hpp"

namespace slipway::store {

/// All that writes, on one connection.
template <class Sql>
struct Writes {
    explicit Writes(const typename Sql::Database& database)
        : outbox(database),
          intake(database, outbox),
          ledger(database),
          ends(database, ledger, outbox),
          left_images(database),
          workers(database, ends),
          claims(database, outbox, ends),
          progress(database, ledger, outbox, ends, left_images),
          retention(database) {}

    Outbox<Sql> outbox;
    Intake<Sql> intake;
    Ledger<Sql> ledger;
    StepEnds<Sql> ends;
    LeftImages<Sql> left_images;
    Workers<Sql> workers;
    Claims<Sql> claims;
    Progress<Sql> progress;
    Retention<Sql> retention;
};

}  // namespace slipway::store
