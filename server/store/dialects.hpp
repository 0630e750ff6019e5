#pragma once

#include "server/store/postgres.hpp"
#include "server/store/sqlite.hpp"

#include <string_view>

namespace slipway::store {

/// What the classes that hold SQL are made of. They say the same SQL to both databases, but for
/// these words.
struct Sqlite {
    using Database = store::Database;
    using Statement = store::Statement;
    using Rows = store::Rows;

    /// One process has the file: every worker that was there before is gone.
    static constexpr bool one_process = true;

    /// What ends an INSERT whose row's id is wanted. SQLite knows it anyway, and takes RETURNING
    /// for a trigger: it would copy each page that the statement touches, so that it could be
    /// undone.
    static constexpr std::string_view returning_id = "";

    /// One connection writes at a time: nothing has to be locked.
    static constexpr std::string_view lock_row = "";
    static constexpr std::string_view lock_key = "";
    static constexpr std::string_view skip_locked = "";
    static constexpr std::string_view lock_claims = "SELECT 1";
    static constexpr std::string_view tell_of_ref = "SELECT ?1, ?2";
    static constexpr std::string_view hear_of_ref = "SELECT ?1, ?2";

    /// SQLite keeps no statistics here, and would as well go through all builds that a branch ever
    /// had.
    static constexpr std::string_view by_queued = " INDEXED BY builds_queued_by_ref";
    static constexpr std::string_view by_running = " INDEXED BY builds_running";

    /// As its index has it, where few digits take few pages: which are hit at random, at every
    /// delivery.
    static constexpr std::string_view same_after = "substr(after, 1, 8) = substr(?1, 1, 8)";
};

struct Postgres {
    using Database = postgres::Database;
    using Statement = postgres::Statement;
    using Rows = postgres::Rows;

    static constexpr bool one_process = false;
    static constexpr std::string_view returning_id = " RETURNING id";
    static constexpr std::string_view lock_row = " FOR UPDATE";
    /// Nobody deletes the row until the transaction ends; it may be written meanwhile.
    static constexpr std::string_view lock_key = " FOR KEY SHARE";
    static constexpr std::string_view skip_locked = " FOR UPDATE SKIP LOCKED";
    /// Builds are claimed by one at a time, so that a repository never gets two that run. Locks are
    /// the database's own: the second key is of those who share the schema.
    static constexpr std::string_view lock_claims =
        "SELECT pg_advisory_xact_lock(730833204, hashtext(current_schema()))";
    /// ?1: a repository, ?2: a ref. Who tells of a push holds this until it can be seen, with
    /// others who do; who looks whether one was told of waits for them, and they for it.
    static constexpr std::string_view tell_of_ref =
        "SELECT pg_advisory_xact_lock_shared(730833206, hashtext(concat_ws(' ', "
        "current_schema(), CAST(?1 AS text), CAST(?2 AS text))))";
    static constexpr std::string_view hear_of_ref =
        "SELECT pg_advisory_xact_lock(730833206, hashtext(concat_ws(' ', current_schema(), "
        "CAST(?1 AS text), CAST(?2 AS text))))";
    static constexpr std::string_view by_queued = "";
    static constexpr std::string_view by_running = "";
    static constexpr std::string_view same_after = "after = ?1";
};

}  // namespace slipway::store
