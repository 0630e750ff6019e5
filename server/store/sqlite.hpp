#pragma once

#include "core/base/result.hpp"
#include "server/store/durability.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace slipway::store {

/// What SQLite refused. Thrown within this folder only, and caught at its edges: open, Writer,
/// ReadPool.
class SqliteFailure final : public std::exception {
public:
    explicit SqliteFailure(Error error) : error_(std::move(error)) {}

    [[nodiscard]] const Error& error() const { return error_; }

    [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

private:
    Error error_;
};

/// One connection; one thread at a time may use it and its statements. Everything here throws
/// SqliteFailure.
class Database {
public:
    enum class Access : std::uint8_t { read_write, read_only };

    Database(const std::filesystem::path& file, Access access);

    /// Runs a script of statements; their rows are dropped.
    void execute(const std::string& script);

    /// The first column of the first row.
    [[nodiscard]] std::int64_t integer(std::string_view sql);
    [[nodiscard]] std::string text(std::string_view sql);

    [[nodiscard]] bool in_transaction() const;

    /// Outside of a transaction: what commits promise from now on, at first `now`.
    void promise(Durability durability);

    /// From now on the write-ahead log grows until checkpoint() is called.
    void keep_log();

    /// Pages in the write-ahead log after keep_log() and a commit of this connection. Any thread.
    [[nodiscard]] int log_pages() const { return *log_pages_; }

    /// Copies the write-ahead log into the file, as far as no reader needs the old content, so that
    /// the next commit begins it anew.
    void checkpoint();

private:
    friend class Statement;

    struct Close {
        void operator()(sqlite3* database) const;
    };

    std::unique_ptr<std::atomic<int>> log_pages_ = std::make_unique<std::atomic<int>>(0);
    std::unique_ptr<sqlite3, Close> handle_;
    Durability promised_ = Durability::now;
};

/// Bytes that are not text.
struct Blob {
    std::string_view bytes;
};

/// The rows of one use of a statement, which is free for the next use when this goes out of scope.
class Rows {
public:
    explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}

    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    Rows(Rows&&) = delete;
    Rows& operator=(Rows&&) = delete;
    ~Rows();

    [[nodiscard]] bool next();

    /// Each takes the row's next column.
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::optional<std::int64_t> integer_or_null();
    [[nodiscard]] std::string text();

private:
    sqlite3_stmt* statement_;
    int column_ = 0;
};

/// A statement that is prepared once and used many times, one use at a time.
class Statement {
public:
    Statement(const Database& database, std::string_view sql);

    /// Runs it to its end: how many rows it changed.
    template <class... Values>
    std::int64_t run(const Values&... values) {
        const Rows rows = use(Lifetime::caller, values...);
        return finish();
    }

    /// Runs an INSERT: the new row's id.
    template <class... Values>
    std::int64_t insert(const Values&... values) {
        run(values...);
        return last_insert_id();
    }

    /// The same where the row may be there already (ON CONFLICT DO NOTHING): then null.
    template <class... Values>
    std::optional<std::int64_t> insert_if_new(const Values&... values) {
        return run(values...) > 0 ? std::optional(last_insert_id()) : std::nullopt;
    }

    /// Of the connection's last INSERT that added a row.
    [[nodiscard]] std::int64_t last_insert_id() const;

    template <class... Values>
    [[nodiscard]] Rows query(const Values&... values) {
        return use(Lifetime::copied, values...);
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    /// Whether a bound text outlives the use; copying is for queries, whose rows outlive the call.
    enum class Lifetime : std::uint8_t { caller, copied };

    template <class... Values>
    Rows use([[maybe_unused]] Lifetime lifetime, const Values&... values) {
        if constexpr (sizeof...(values) > 0) {
            int index = 0;
            (bind(++index, values, lifetime), ...);
        }
        return Rows(handle_.get());
    }

    template <std::integral Integer>
    void bind(int index, Integer value, Lifetime /*lifetime*/) {
        bind_integer(index, static_cast<std::int64_t>(value));
    }

    void bind(int index, const std::optional<std::int64_t>& value, Lifetime lifetime);
    void bind(int index, std::string_view text, Lifetime lifetime);
    void bind(int index, Blob blob, Lifetime lifetime);
    void bind_integer(int index, std::int64_t value);

    std::int64_t finish();

    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Is rolled back unless it was committed.
class Transaction {
public:
    enum class Kind : std::uint8_t { read, write };

    Transaction(Database& database, Kind kind);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    void commit();

private:
    Database& database_;
};

}  // namespace slipway::store
