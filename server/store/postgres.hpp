#pragma once

#include "server/store/durability.hpp"
#include "server/store/postgres_connect.hpp"
#include "server/store/postgres_connection.hpp"
#include "server/store/sqlite.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// PostgreSQL with the member functions of sqlite.hpp, for the code that is written once for both.
/// Everything but the destructors throws PostgresFailure.
namespace slipway::store::postgres {

/// One connection; one thread at a time may use it and its statements. They keep to the connection
/// when this is moved.
class Database {
public:
    explicit Database(const std::string& url, const ConnectOptions& options = {});

    /// Runs a script of statements; their rows are dropped. Outside of a transaction it is one.
    void execute(const std::string& script);

    /// The first column of the first row.
    [[nodiscard]] std::int64_t integer(std::string_view sql);
    [[nodiscard]] std::string text(std::string_view sql);

    /// Also in one that failed, and can only be rolled back.
    [[nodiscard]] bool in_transaction() const { return connection_->in_transaction(); }

    /// The connection is lost: a new Database is needed. Cheap: asks nothing of the server, and so
    /// learns only from the next use of a server that vanished without a word.
    [[nodiscard]] bool is_broken() { return connection_->is_broken(); }

private:
    friend class Statement;
    friend class Transaction;

    std::unique_ptr<Connection> connection_;
};

/// The rows of one use of a statement, which stay when the statement is used again.
class Rows {
public:
    explicit Rows(Answer answer);

    [[nodiscard]] bool next();

    /// Each takes the row's next column. NULL is 0 or "". A boolean is 0 or 1; a bytea's text is
    /// its bytes.
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::optional<std::int64_t> integer_or_null();
    [[nodiscard]] std::string text();

private:
    [[nodiscard]] std::string bytes(int column) const;
    [[nodiscard]] std::string_view value(int column) const;

    Answer answer_;
    int row_ = -1;
    int column_ = 0;
};

/// A statement with `?` or `?1` for its values, which is prepared at its first use. PostgreSQL
/// infers the values' types from where they stand; where it can't, as in `SELECT ?`, they are text.
class Statement {
public:
    Statement(const Database& database, std::string_view sql);

    /// How many rows it changed.
    template <class... Values>
    std::int64_t run(const Values&... values) {
        return changed(use(values...));
    }

    /// Runs an `INSERT … RETURNING id`: the new row's id.
    template <class... Values>
    std::int64_t insert(const Values&... values) {
        return returned(use(values...));
    }

    /// The same where the row may be there already (ON CONFLICT DO NOTHING): then null.
    template <class... Values>
    std::optional<std::int64_t> insert_if_new(const Values&... values) {
        Rows rows = query(values...);
        return rows.next() ? std::optional(rows.integer()) : std::nullopt;
    }

    template <class... Values>
    [[nodiscard]] Rows query(const Values&... values) {
        return Rows(use(values...));
    }

private:
    template <class... Values>
    Answer use(const Values&... values) {
        const std::array<Parameter, sizeof...(values)> parameters{Parameter(values)...};
        return connection_->execute(sql_, parameters);
    }

    static std::int64_t changed(const Answer& answer);
    [[nodiscard]] std::int64_t returned(Answer answer) const;

    Connection* connection_;
    std::string sql_;
};

/// Is rolled back unless it was committed.
class Transaction {
public:
    /// `read` sees the database as it is at its first statement, and changes nothing; each
    /// statement of `write` sees what was committed before it.
    enum class Kind : std::uint8_t { read, write };

    Transaction(Database& database, Kind kind, Durability durability = Durability::now);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// The server's clock when it began, in milliseconds since 1970.
    [[nodiscard]] std::int64_t began() const { return began_; }

    /// Where the connection is lost meanwhile, it is not known whether it was committed.
    void commit();

private:
    Connection& connection_;
    std::int64_t began_ = 0;
};

}  // namespace slipway::store::postgres
