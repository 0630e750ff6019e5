#include "server/store/postgres_connection.hpp"

#include "core/base/result.hpp"
#include "server/store/libpq.hpp"
#include "server/store/postgres_connect.hpp"
#include "server/store/postgres_failure.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <poll.h>
#include <postgres_ext.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store::postgres {
namespace {

using std::chrono::steady_clock;

/// More than the store has: SQL that differs with its values must not fill the server's memory.
constexpr std::size_t most_prepared = 256;

/// A server that does not learn that its client is gone keeps the client's locks.
std::string session_settings(const ConnectOptions& options) {
    return "SET statement_timeout = " + std::to_string(options.statement_timeout.count()) +
           "; SET lock_timeout = " + std::to_string(options.lock_timeout.count()) +
           "; SET idle_in_transaction_session_timeout = 60000; SET tcp_keepalives_idle = 10;"
           "SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
           "SET tcp_user_timeout = 30000; SET client_min_messages = warning";
}

/// Its beginning, on one line. It has placeholders where the values are.
std::string running(std::string_view sql) {
    constexpr std::size_t most_shown = 60;
    std::string shown;
    for (const char c : sql) {
        const bool is_blank = c == ' ' || c == '\n';
        if (shown.size() >= most_shown && is_blank) {
            shown += " …";
            break;
        }
        if (!is_blank) {
            shown += c;
        } else if (!shown.empty() && shown.back() != ' ') {
            shown += ' ';
        }
    }
    return "running '" + shown + "'";
}

[[noreturn]] void fail_running(ErrorCode code, std::string_view sql, const std::string& words) {
    throw PostgresFailure({.code = code, .message = running(sql) + ": " + words});
}

/// Parameters as libpq takes them, without types: the server infers them.
struct Arrays {
    explicit Arrays(std::span<const Parameter> parameters) {
        for (const Parameter& parameter : parameters) {
            const std::string_view bytes = parameter.bytes.value_or("");
            const char* const text = parameter.text ? parameter.text->c_str() : nullptr;
            const char* const data = bytes.data() == nullptr ? "" : bytes.data();
            values.push_back(parameter.bytes ? data : text);
            lengths.push_back(static_cast<int>(bytes.size()));
            formats.push_back(parameter.bytes ? 1 : 0);
        }
    }

    [[nodiscard]] int size() const { return static_cast<int>(values.size()); }

    std::vector<const char*> values;
    std::vector<int> lengths;  // of bytes alone
    std::vector<int> formats;  // 1: bytes
};

bool is_success(ExecStatusType status) {
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

constexpr int text_results = 0;

}  // namespace

Parameter::Parameter(const std::optional<std::int64_t>& number)
    : text(number.transform([](std::int64_t value) { return std::to_string(value); })) {}

Parameter::Parameter(std::string_view value) : text(value) {
    if (value.contains('\0')) {
        throw PostgresFailure({
            .code = ErrorCode::invalid,
            .message = "PostgreSQL can't store a text with a NUL byte",
        });
    }
}

void Clear::operator()(pg_result* result) const {
    libpq().PQclear(result);
}

Connection::Connection(const std::string& url, const ConnectOptions& options, int stop)
    : pq_(libpq()), stop_(stop), answer_timeout_(options.statement_timeout + options.answer_grace) {
    const Deadline deadline = steady_clock::now() + options.connect_timeout;
    handle_ = connect(url, options, deadline, stop);
    const std::string settings = session_settings(options);
    answer(pq_.PQsendQuery(handle_.get(), settings.c_str()), settings, deadline);
}

Answer Connection::execute(const std::string& script) {
    return answer(pq_.PQsendQuery(opened(), script.c_str()), script, answer_by());
}

Answer Connection::execute(const std::string& sql, std::span<const Parameter> parameters) {
    const std::string* const name = prepare(sql);
    if (name == nullptr) {
        return execute_once(sql, parameters);
    }
    const Arrays arrays(parameters);
    const int sent = pq_.PQsendQueryPrepared(
        opened(),
        name->c_str(),
        arrays.size(),
        arrays.values.data(),
        arrays.lengths.data(),
        arrays.formats.data(),
        text_results
    );
    return answer(sent, sql, answer_by());
}

Answer Connection::execute_once(const std::string& sql, std::span<const Parameter> parameters) {
    const Arrays arrays(parameters);
    const int sent = pq_.PQsendQueryParams(
        opened(),
        sql.c_str(),
        arrays.size(),
        nullptr,
        arrays.values.data(),
        arrays.lengths.data(),
        arrays.formats.data(),
        text_results
    );
    return answer(sent, sql, answer_by());
}

/// Null where there are too many.
const std::string* Connection::prepare(const std::string& sql) {
    if (const auto known = prepared_.find(sql); known != prepared_.end()) {
        return &known->second;
    }
    if (prepared_.size() >= most_prepared) {
        return nullptr;
    }
    const std::string name = "s" + std::to_string(prepared_.size());
    answer(pq_.PQsendPrepare(opened(), name.c_str(), sql.c_str(), 0, nullptr), sql, answer_by());
    return &prepared_.emplace(sql, name).first->second;
}

bool Connection::in_transaction() const {
    const PGTransactionStatusType status = pq_.PQtransactionStatus(handle_.get());
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool Connection::in_failed_transaction() const {
    return pq_.PQtransactionStatus(handle_.get()) == PQTRANS_INERROR;
}

bool Connection::is_broken() {
    // The farewell's words come first, and the end of the stream after them.
    constexpr int most_reads = 3;
    for (int reads = 0; reads < most_reads && pq_.PQstatus(handle_.get()) == CONNECTION_OK;
         ++reads) {
        if (!wait_for(pq_.PQsocket(handle_.get()), POLLIN, Deadline(), stop_)) {
            return false;
        }
        pq_.PQconsumeInput(handle_.get());
    }
    return pq_.PQstatus(handle_.get()) != CONNECTION_OK;
}

std::vector<std::string> Connection::notifications() {
    std::vector<std::string> payloads = take_notifications();
    while (payloads.empty()) {
        const bool came = wait_for(pq_.PQsocket(opened()), POLLIN, std::nullopt, stop_);
        if (came && pq_.PQconsumeInput(handle_.get()) == 0) {
            refuse(nullptr, "LISTEN");
        }
        payloads = take_notifications();
    }
    return payloads;
}

std::vector<std::string> Connection::take_notifications() {
    struct FreeMemory {
        const Libpq* pq;

        void operator()(PGnotify* notification) const { pq->PQfreemem(notification); }
    };

    using Notification = std::unique_ptr<PGnotify, FreeMemory>;

    std::vector<std::string> payloads;
    while (const auto next = Notification(pq_.PQnotifies(opened()), FreeMemory{&pq_})) {
        payloads.emplace_back(next->extra);
    }
    return payloads;
}

pg_conn* Connection::opened() {
    if (handle_ == nullptr) {
        throw PostgresFailure({
            .code = ErrorCode::unavailable,
            .message = "the connection to PostgreSQL was given up",
        });
    }
    return handle_.get();
}

Deadline Connection::answer_by() const {
    return steady_clock::now() + answer_timeout_;
}

/// `sent`: what the function of libpq said that queued it.
Answer Connection::answer(int sent, std::string_view sql, Deadline deadline) {
    if (sent == 0) {
        refuse(nullptr, sql);
    }
    send_all(sql, deadline);
    Answer last;
    Answer failed;
    while (Answer next = next_answer(sql, deadline)) {
        if (is_success(pq_.PQresultStatus(next.get()))) {
            last = std::move(next);
        } else if (failed == nullptr) {
            failed = std::move(next);
        }
    }
    if (failed != nullptr) {
        refuse(failed.get(), sql);
    }
    return last;
}

/// The server may want to be read from before it takes more.
void Connection::send_all(std::string_view sql, Deadline deadline) {
    while (const int left = pq_.PQflush(handle_.get())) {
        if (left < 0) {
            refuse(nullptr, sql);
        }
        wait(POLLIN | POLLOUT, sql, deadline);
        pq_.PQconsumeInput(handle_.get());
    }
}

/// Null at the end. Where the connection is lost PQgetResult says so.
Answer Connection::next_answer(std::string_view sql, Deadline deadline) {
    while (pq_.PQisBusy(handle_.get()) != 0) {
        wait(POLLIN, sql, deadline);
        if (pq_.PQconsumeInput(handle_.get()) == 0) {
            break;
        }
    }
    return Answer(pq_.PQgetResult(handle_.get()));
}

void Connection::wait(short events, std::string_view sql, Deadline deadline) {
    if (!wait_for(pq_.PQsocket(handle_.get()), events, deadline, stop_)) {
        handle_.reset();
        fail_running(ErrorCode::unavailable, sql, "PostgreSQL does not answer");
    }
}

void Connection::refuse(const pg_result* result, std::string_view sql) {
    const char* const sqlstate = pq_.PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate != nullptr) {
        const char* const message = pq_.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        throw failure_of(running(sql), sqlstate, message == nullptr ? "" : message);
    }
    const bool is_lost = pq_.PQstatus(handle_.get()) == CONNECTION_BAD;
    fail_running(
        is_lost ? ErrorCode::unavailable : ErrorCode::internal,
        sql,
        one_line(pq_.PQerrorMessage(handle_.get()))
    );
}

}  // namespace slipway::store::postgres
