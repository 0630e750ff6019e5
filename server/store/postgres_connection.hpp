#pragma once

#include "server/store/postgres_connect.hpp"
#include "server/store/sqlite.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace slipway::store {

struct Libpq;

}  // namespace slipway::store

namespace slipway::store::postgres {

/// The value of a placeholder: text, bytes, or neither for NULL. The bytes are the caller's.
struct Parameter {
    explicit Parameter(std::integral auto number)
        : text(std::to_string(static_cast<std::int64_t>(number))) {}

    explicit Parameter(const std::optional<std::int64_t>& number);

    /// Throws PostgresFailure (`invalid`) for a NUL, which PostgreSQL has no place for in a text.
    explicit Parameter(std::string_view value);

    explicit Parameter(Blob blob) : bytes(blob.bytes) {}

    std::optional<std::string> text{};
    std::optional<std::string_view> bytes{};
};

struct Clear {
    void operator()(pg_result* result) const;
};

/// All that the server answered, in memory: a statement that may find much has a LIMIT.
using Answer = std::unique_ptr<pg_result, Clear>;

/// libpq without its blocking calls: whatever is sent or awaited has a deadline, at which the
/// connection is given up. Nothing is tried again: what was under way may have happened or not, and
/// only the caller knows whether it may happen twice. One thread at a time. Throws PostgresFailure.
class Connection {
public:
    explicit Connection(
        const std::string& url, const ConnectOptions& options = {}, int stop = no_stop
    );

    /// A script of statements; the answer is the last one's.
    Answer execute(const std::string& script);

    /// One statement with `$1`…, prepared at its first use on this connection: the next one with
    /// the same text finds it.
    Answer execute(const std::string& sql, std::span<const Parameter> parameters);

    /// One statement that is not prepared.
    Answer execute_once(const std::string& sql, std::span<const Parameter> parameters);

    /// One is open, maybe one that can only be rolled back.
    [[nodiscard]] bool in_transaction() const;
    [[nodiscard]] bool in_failed_transaction() const;

    /// It is lost, as far as this side knows: nothing is asked, but a farewell that came is heard.
    [[nodiscard]] bool is_broken();

    /// Waits for notifications, without a deadline: their payloads.
    [[nodiscard]] std::vector<std::string> notifications();

private:
    pg_conn* opened();
    [[nodiscard]] Deadline answer_by() const;
    const std::string* prepare(const std::string& sql);
    Answer answer(int sent, std::string_view sql, Deadline deadline);
    void send_all(std::string_view sql, Deadline deadline);
    Answer next_answer(std::string_view sql, Deadline deadline);
    void wait(short events, std::string_view sql, Deadline deadline);
    std::vector<std::string> take_notifications();
    [[noreturn]] void refuse(const pg_result* result, std::string_view sql);

    const Libpq& pq_;
    const int stop_;
    const std::chrono::milliseconds answer_timeout_;
    Handle handle_;                                // null once it was given up
    std::map<std::string, std::string> prepared_;  // SQL → name
};

}  // namespace slipway::store::postgres
