#pragma once

#include "server/store/sqlite.hpp"

namespace slipway::store {

/// Throws SqliteFailure (`invalid`) where the file is another program's, or of a newer slipway
/// whose schema is not for this one. Changes nothing.
void check_is_ours(Database& database);

/// Brings the schema up to date: the migrations that are missing, each in a transaction of its own.
void migrate(Database& database);

}  // namespace slipway::store
