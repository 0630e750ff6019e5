#include "server/store/sqlite.hpp"

#include "core/base/result.hpp"
#include "server/store/durability.hpp"
#include "server/store/wal_file.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store {
namespace {

constexpr int busy_timeout_ms = 5000;

ErrorCode code_of(int result) {
    switch (result & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_NOMEM:
        case SQLITE_PROTOCOL:
            return ErrorCode::unavailable;
        case SQLITE_NOTADB:
            return ErrorCode::invalid;
        case SQLITE_TOOBIG:
            return ErrorCode::too_large;
        default:
            return ErrorCode::internal;
    }
}

std::string_view advice(int result) {
    switch (result & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "; another program holds the file: end its transaction";
        case SQLITE_FULL:
            return "; make room on its disk";
        case SQLITE_IOERR:
            return "; look at its disk and file system";
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return "; the folder must exist, and it and the file must be writable";
        case SQLITE_CORRUPT:
            return "; restore the file from a backup";
        default:
            return "";
    }
}

/// `database` may be null: then it's out of memory, and there is no message but the code's.
[[noreturn]] void refuse(sqlite3* database, int result) {
    std::string message = database == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database);
    message += " (SQLite " + std::to_string(result) + ")";
    message += advice(result);
    throw SqliteFailure({.code = code_of(result), .message = std::move(message)});
}

void check(sqlite3_stmt* statement, int result) {
    if (result != SQLITE_OK) {
        refuse(sqlite3_db_handle(statement), result);
    }
}

/// A null pointer would be stored as NULL.
const char* not_null(std::string_view text) {
    return text.data() == nullptr ? "" : text.data();
}

/// Nobody asks SQLite how much memory it has, and its count costs a lock at every allocation.
void configure_once() {
    [[maybe_unused]] static const int result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

}  // namespace

void Database::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Database::Database(const std::filesystem::path& file, Access access) {
    configure_once();
    // No mutex of SQLite's own: every connection belongs to one thread at a time.
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (access == Access::read_only ? SQLITE_OPEN_READONLY
                                                   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3* opened = nullptr;
    const char* const vfs = access == Access::read_only ? nullptr : gathering_vfs();
    const int result = sqlite3_open_v2(file.c_str(), &opened, flags, vfs);
    handle_.reset(opened);
    if (result != SQLITE_OK) {
        refuse(opened, result);
    }
    sqlite3_busy_timeout(opened, busy_timeout_ms);
}

void Database::execute(const std::string& script) {
    const int result = sqlite3_exec(handle_.get(), script.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) {
        refuse(handle_.get(), result);
    }
}

std::int64_t Database::integer(std::string_view sql) {
    Statement statement(*this, sql);
    Rows rows = statement.query();
    return rows.next() ? rows.integer() : 0;
}

std::string Database::text(std::string_view sql) {
    Statement statement(*this, sql);
    Rows rows = statement.query();
    return rows.next() ? rows.text() : std::string();
}

/// Of a write-ahead log NORMAL leaves only the flush at a commit out: nothing is torn by it.
void Database::promise(Durability durability) {
    if (durability == promised_) {
        return;
    }
    execute(
        durability == Durability::now ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"
    );
    promised_ = durability;
}

void Database::keep_log() {
    sqlite3_wal_hook(
        handle_.get(),
        [](void* pages, sqlite3* /*database*/, const char* /*name*/, int count) {
            static_cast<std::atomic<int>*>(pages)->store(count);
            return SQLITE_OK;
        },
        log_pages_.get()
    );
}

void Database::checkpoint() {
    int pages = 0;
    int copied = 0;
    const int result = sqlite3_wal_checkpoint_v2(
        handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied
    );
    if (result != SQLITE_OK) {
        refuse(handle_.get(), result);
    }
    *log_pages_ = copied == pages ? 0 : pages;
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

Rows::~Rows() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
    column_ = 0;
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        refuse(sqlite3_db_handle(statement_), result);
    }
    return result == SQLITE_ROW;
}

std::int64_t Rows::integer() {
    return sqlite3_column_int64(statement_, column_++);
}

std::optional<std::int64_t> Rows::integer_or_null() {
    if (sqlite3_column_type(statement_, column_) == SQLITE_NULL) {
        ++column_;
        return std::nullopt;
    }
    return integer();
}

std::string Rows::text() {
    const int column = column_++;
    // SQLite wants the pointer before the size.
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement::Statement(const Database& database, std::string_view sql) {
    sqlite3* connection = database.handle_.get();
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(
        connection,
        sql.data(),
        static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT,
        &prepared,
        nullptr
    );
    handle_.reset(prepared);
    if (result != SQLITE_OK) {
        refuse(connection, result);
    }
}

void Statement::bind(int index, const std::optional<std::int64_t>& value, Lifetime /*lifetime*/) {
    if (value) {
        bind_integer(index, *value);
        return;
    }
    check(handle_.get(), sqlite3_bind_null(handle_.get(), index));
}

void Statement::bind(int index, std::string_view text, Lifetime lifetime) {
    auto* const destructor = lifetime == Lifetime::caller ? SQLITE_STATIC : SQLITE_TRANSIENT;
    check(
        handle_.get(),
        sqlite3_bind_text64(
            handle_.get(), index, not_null(text), text.size(), destructor, SQLITE_UTF8
        )
    );
}

void Statement::bind(int index, Blob blob, Lifetime lifetime) {
    auto* const destructor = lifetime == Lifetime::caller ? SQLITE_STATIC : SQLITE_TRANSIENT;
    check(
        handle_.get(),
        sqlite3_bind_blob64(
            handle_.get(), index, not_null(blob.bytes), blob.bytes.size(), destructor
        )
    );
}

void Statement::bind_integer(int index, std::int64_t value) {
    check(handle_.get(), sqlite3_bind_int64(handle_.get(), index, value));
}

std::int64_t Statement::finish() {
    int result = sqlite3_step(handle_.get());
    while (result == SQLITE_ROW) {
        result = sqlite3_step(handle_.get());
    }
    sqlite3* connection = sqlite3_db_handle(handle_.get());
    if (result != SQLITE_DONE) {
        refuse(connection, result);
    }
    return sqlite3_changes64(connection);
}

std::int64_t Statement::last_insert_id() const {
    return sqlite3_last_insert_rowid(sqlite3_db_handle(handle_.get()));
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    if (!database_.in_transaction()) {
        return;
    }
    try {
        database_.execute("ROLLBACK");
    } catch (const SqliteFailure&) {
        // SQLite rolls back by itself where it can't be told to.
        return;
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
}

}  // namespace slipway::store
