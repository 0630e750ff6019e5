#pragma once

#include "server/store/postgres.hpp"

namespace slipway::store::postgres {

/// Brings the schema up to date, in one transaction and under a lock, so that replicas may start at
/// the same time. A newer slipway's schema is left as it is. Throws PostgresFailure: `invalid`
/// where that is not for this one.
void migrate(Database& database);

}  // namespace slipway::store::postgres
