#pragma once

#include "server/store/postgres.hpp"

namespace slipway::store::postgres {

/// Brings the schema up to date, in one transaction and under a lock, so that replicas may start at
/// the same time. Throws PostgresFailure: `invalid` where a newer slipway made the schema.
void migrate(Database& database);

}  // namespace slipway::store::postgres
