#include "server/store/postgres.hpp"

#include "core/base/result.hpp"
#include "server/store/durability.hpp"
#include "server/store/libpq.hpp"
#include "server/store/placeholders.hpp"
#include "server/store/postgres_connect.hpp"
#include "server/store/postgres_connection.hpp"
#include "server/store/postgres_failure.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::store::postgres {
namespace {

// Of the server's pg_type.dat, and the same in every database.
constexpr unsigned bool_type = 16;
constexpr unsigned bytea_type = 17;

[[noreturn]] void fail_internal(std::string message) {
    throw PostgresFailure({.code = ErrorCode::internal, .message = std::move(message)});
}

struct FreeMemory {
    void operator()(unsigned char* memory) const { libpq().PQfreemem(memory); }
};

}  // namespace

Database::Database(const std::string& url, const ConnectOptions& options)
    : connection_(std::make_unique<Connection>(url, options)) {}

void Database::execute(const std::string& script) {
    connection_->execute(script);
}

std::int64_t Database::integer(std::string_view sql) {
    Rows rows(connection_->execute_once(std::string(sql), {}));
    return rows.next() ? rows.integer() : 0;
}

std::string Database::text(std::string_view sql) {
    Rows rows(connection_->execute_once(std::string(sql), {}));
    return rows.next() ? rows.text() : std::string();
}

Rows::Rows(Answer answer) : answer_(std::move(answer)) {}

bool Rows::next() {
    column_ = 0;
    return ++row_ < libpq().PQntuples(answer_.get());
}

std::int64_t Rows::integer() {
    return integer_or_null().value_or(0);
}

std::optional<std::int64_t> Rows::integer_or_null() {
    const int column = column_++;
    if (libpq().PQgetisnull(answer_.get(), row_, column) != 0) {
        return std::nullopt;
    }
    const std::string_view text = value(column);
    if (libpq().PQftype(answer_.get(), column) == bool_type) {
        return text == "t" ? 1 : 0;
    }
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) {
        fail_internal(
            "column " + std::to_string(column + 1) + " of PostgreSQL's row is no integer"
        );
    }
    return number;
}

std::string Rows::text() {
    const int column = column_++;
    if (libpq().PQgetisnull(answer_.get(), row_, column) != 0) {
        return "";
    }
    return libpq().PQftype(answer_.get(), column) == bytea_type ? bytes(column)
                                                                : std::string(value(column));
}

std::string_view Rows::value(int column) const {
    const auto size = static_cast<std::size_t>(libpq().PQgetlength(answer_.get(), row_, column));
    return {libpq().PQgetvalue(answer_.get(), row_, column), size};
}

std::string Rows::bytes(int column) const {
    const std::string escaped(value(column));
    // NOLINTNEXTLINE(*-reinterpret-cast): libpq's form of bytes
    const auto* const from = reinterpret_cast<const unsigned char*>(escaped.c_str());
    std::size_t size = 0;
    const std::unique_ptr<unsigned char, FreeMemory> plain(libpq().PQunescapeBytea(from, &size));
    if (plain == nullptr) {
        throw std::bad_alloc();
    }
    // NOLINTNEXTLINE(*-reinterpret-cast)
    return {reinterpret_cast<const char*>(plain.get()), size};
}

Statement::Statement(const Database& database, std::string_view sql)
    : connection_(database.connection_.get()), sql_(number_placeholders(sql)) {}

std::int64_t Statement::changed(const Answer& answer) {
    const std::string_view count = libpq().PQcmdTuples(answer.get());
    std::int64_t number = 0;
    std::from_chars(count.data(), count.data() + count.size(), number);
    return number;
}

std::int64_t Statement::returned(Answer answer) const {
    Rows rows(std::move(answer));
    if (!rows.next()) {
        fail_internal("'" + sql_ + "' returned no row");
    }
    return rows.integer();
}

Transaction::Transaction(Database& database, Kind kind, Durability durability)
    : connection_(*database.connection_) {
    if (kind == Kind::read) {
        connection_.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        return;
    }
    // One script, and so one question: each costs a write more than what it asks for.
    Rows rows(connection_.execute(
        std::string("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;") +
        (durability == Durability::now ? "" : "SET LOCAL synchronous_commit = off;") +
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    ));
    began_ = rows.next() ? rows.integer() : 0;
}

Transaction::~Transaction() {
    try {
        if (connection_.in_transaction()) {
            connection_.execute("ROLLBACK");
        }
    } catch (const std::exception&) {
        // The server rolls back what a lost connection left.
        return;
    }
}

void Transaction::commit() {
    // PostgreSQL would take a COMMIT for a ROLLBACK, and call that a success.
    if (connection_.in_failed_transaction()) {
        fail_internal("a transaction with a statement that failed can't be committed");
    }
    connection_.execute("COMMIT");
}

}  // namespace slipway::store::postgres
