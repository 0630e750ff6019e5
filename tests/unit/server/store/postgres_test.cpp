#include "server/store/postgres.hpp"

#include "core/base/result.hpp"
#include "server/store/durability.hpp"
#include "server/store/postgres_connect.hpp"
#include "server/store/postgres_failure.hpp"
#include "server/store/sqlite.hpp"
#include "tests/support/postgres_schema.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::store::postgres {
namespace {

class Postgres : public test::WithPostgres {
protected:
    void SetUp() override {
        test::WithPostgres::SetUp();
        if (IsSkipped()) {
            return;
        }
        database_.emplace(schema_->url());
        database_->execute(
            "CREATE TABLE records (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "name TEXT NOT NULL UNIQUE, number INTEGER, flag BOOLEAN, bytes BYTEA)"
        );
    }

    [[nodiscard]] Database another(const ConnectOptions& options = {}) const {
        return Database(schema_->url(), options);
    }

    std::int64_t insert(std::string_view name, std::optional<std::int64_t> number = {}) {
        Statement statement(
            *database_, "INSERT INTO records (name, number) VALUES (?, ?) RETURNING id"
        );
        return statement.insert(name, number);
    }

    void end_session_of(Database& database) {
        const std::int64_t session = database.integer("SELECT pg_backend_pid()");
        constexpr int longest_wait_ms = 10000;
        Database other = another();
        Statement end(other, "SELECT pg_terminate_backend(?::int, ?)");
        Rows rows = end.query(session, longest_wait_ms);
        ASSERT_TRUE(rows.next());
        ASSERT_EQ(rows.integer(), 1);
    }

    static PostgresFailure failure(const std::function<void()>& work) {
        try {
            work();
        } catch (const PostgresFailure& failure) {
            return failure;
        }
        ADD_FAILURE() << "it did not fail";
        return PostgresFailure({});
    }

    static Error error(const std::function<void()>& work) { return failure(work).error(); }

    std::optional<Database> database_;
};

TEST_F(Postgres, ValuesComeBackAsTheyWere) {
    std::string all_bytes;
    for (int byte = 0; byte < 256; ++byte) {
        all_bytes += static_cast<char>(byte);
    }
    Statement insert_all(
        *database_, "INSERT INTO records (name, number, flag, bytes) VALUES (?, ?, ?, ?)"
    );
    EXPECT_EQ(insert_all.run("naïve '\\x' $1", -7, true, Blob{all_bytes}), 1);
    Statement select(*database_, "SELECT name, number, flag, bytes, name FROM records");
    Rows rows = select.query();
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.text(), "naïve '\\x' $1");
    EXPECT_EQ(rows.integer(), -7);
    EXPECT_EQ(rows.integer(), 1);
    EXPECT_EQ(rows.text(), all_bytes);
    EXPECT_EQ(rows.text(), "naïve '\\x' $1");
    EXPECT_FALSE(rows.next());
}

TEST_F(Postgres, NothingIsNull) {
    Statement insert_nothing(
        *database_, "INSERT INTO records (name, number, bytes) VALUES (?, ?, ?)"
    );
    insert_nothing.run(std::string_view(), std::optional<std::int64_t>(), Blob{});
    Statement select(*database_, "SELECT name, number, number, bytes, flag, flag FROM records");
    Rows rows = select.query();
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.text(), "");
    EXPECT_EQ(rows.integer_or_null(), std::nullopt);
    EXPECT_EQ(rows.integer(), 0);
    EXPECT_EQ(rows.text(), "");
    EXPECT_EQ(rows.text(), "");
    EXPECT_EQ(rows.integer_or_null(), std::nullopt);
}

TEST_F(Postgres, InsertGivesTheNewRowsId) {
    const std::int64_t first = insert("a");
    EXPECT_EQ(insert("b"), first + 1);
    Statement none(
        *database_, "INSERT INTO records (name) VALUES (?) ON CONFLICT DO NOTHING RETURNING id"
    );
    EXPECT_EQ(none.run("a"), 0);
    EXPECT_EQ(error([&] { none.insert("a"); }).code, ErrorCode::internal);
}

TEST_F(Postgres, RunCountsTheRows) {
    insert("a", 1);
    insert("b", 1);
    Statement update(*database_, "UPDATE records SET number = ?2 WHERE number = ?1");
    EXPECT_EQ(update.run(1, 2), 2);
    EXPECT_EQ(update.run(1, 2), 0);
    EXPECT_EQ(database_->integer("SELECT sum(number) FROM records"), 4);
    EXPECT_EQ(database_->text("SELECT name FROM records WHERE number = 3"), "");
}

TEST_F(Postgres, AStatementMayBeUsedWhileItsRowsAreRead) {
    insert("a", 1);
    insert("b", 2);
    Statement select(*database_, "SELECT name FROM records WHERE number >= ? ORDER BY number");
    Rows outer = select.query(1);
    ASSERT_TRUE(outer.next());
    Rows inner = select.query(2);
    ASSERT_TRUE(inner.next());
    EXPECT_EQ(inner.text(), "b");
    EXPECT_EQ(outer.text(), "a");
    EXPECT_TRUE(outer.next());
}

TEST_F(Postgres, EqualStatementsArePreparedOnce) {
    for (int number = 0; number < 300; ++number) {
        Statement(*database_, "SELECT ?::int").run(number);
        Statement(*database_, "SELECT ?::int + " + std::to_string(number)).run(number);
    }
    EXPECT_EQ(database_->integer("SELECT count(*) FROM pg_prepared_statements"), 256);
}

TEST_F(Postgres, StatementsKeepToTheirConnectionWhenItIsMoved) {
    Statement select(*database_, "SELECT 7");
    const Database moved = *std::move(database_);
    database_.reset();
    Rows rows = select.query();
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.integer(), 7);
}

TEST_F(Postgres, MuchIsSentAndReceived) {
    const std::string much(std::size_t{8} << 20U, 'x');
    Statement same(*database_, "SELECT ?::text, ?::bytea");
    Rows rows = same.query(much, Blob{much});
    ASSERT_TRUE(rows.next());
    EXPECT_TRUE(rows.text() == much);
    EXPECT_TRUE(rows.text() == much);
}

TEST_F(Postgres, TextThatCanNotBeStoredIsInvalid) {
    using std::string_view_literals::operator""sv;
    EXPECT_EQ(error([&] { insert("a\0b"sv); }).code, ErrorCode::invalid);
    const Error error_of_bytes = error([&] { insert("a\xff"); });
    EXPECT_EQ(error_of_bytes.code, ErrorCode::invalid);
    EXPECT_NE(error_of_bytes.message.find("UTF-8"), std::string::npos) << error_of_bytes.message;
}

TEST_F(Postgres, AFailureSaysWhatWasRunWithoutValues) {
    insert("secret", 1);
    const Error taken = error([&] { insert("secret", 2); });
    EXPECT_EQ(taken.code, ErrorCode::conflict);
    EXPECT_EQ(
        taken.message,
        "running 'INSERT INTO records (name, number) VALUES ($1, $2) RETURNING …': duplicate key "
        "value violates unique constraint \"records_name_key\" (PostgreSQL 23505)"
    );
    Statement update(*database_, "UPDATE records SET number = ?");
    EXPECT_EQ(
        error([&] { update.run("secret"); }).message,
        "running 'UPDATE records SET number = $1': a value does not fit (PostgreSQL 22P02)"
    );
    EXPECT_EQ(error([&] { database_->execute("SELEC"); }).code, ErrorCode::internal);
}

TEST_F(Postgres, AScriptIsRunUpToItsFirstFailure) {
    EXPECT_EQ(
        error([&] {
            database_->execute("CREATE TABLE t (i INT); SELECT * FROM nowhere; CREATE TABLE u ()");
        }).code,
        ErrorCode::internal
    );
    EXPECT_EQ(database_->text("SELECT to_regclass('t')"), "");
    database_->execute("CREATE TABLE t (i INT); INSERT INTO t VALUES (4), (5)");
    EXPECT_EQ(database_->integer("SELECT max(i) FROM t"), 5);
}

TEST_F(Postgres, ATransactionIsRolledBackUnlessItWasCommitted) {
    {
        const Transaction transaction(*database_, Transaction::Kind::write);
        insert("a");
        EXPECT_TRUE(database_->in_transaction());
    }
    EXPECT_FALSE(database_->in_transaction());
    EXPECT_EQ(database_->integer("SELECT count(*) FROM records"), 0);
    Transaction transaction(*database_, Transaction::Kind::write);
    insert("a");
    transaction.commit();
    EXPECT_FALSE(database_->in_transaction());
    EXPECT_EQ(another().integer("SELECT count(*) FROM records"), 1);
}

TEST_F(Postgres, AFailedTransactionIsNotCommitted) {
    insert("a");
    {
        Transaction transaction(*database_, Transaction::Kind::write);
        insert("b");
        EXPECT_EQ(error([&] { insert("a"); }).code, ErrorCode::conflict);
        EXPECT_TRUE(database_->in_transaction());
        EXPECT_EQ(error([&] { transaction.commit(); }).code, ErrorCode::internal);
    }
    EXPECT_FALSE(database_->in_transaction());
    EXPECT_EQ(database_->integer("SELECT count(*) FROM records"), 1);
}

TEST_F(Postgres, AReadSeesOneMoment) {
    insert("a");
    Database reader = another();
    Transaction transaction(reader, Transaction::Kind::read);
    EXPECT_EQ(reader.integer("SELECT count(*) FROM records"), 1);
    insert("b");
    EXPECT_EQ(reader.integer("SELECT count(*) FROM records"), 1);
    EXPECT_EQ(error([&] { reader.execute("DELETE FROM records"); }).code, ErrorCode::unavailable);
}

TEST_F(Postgres, AWriteSeesWhatWasCommittedMeanwhile) {
    Database writer = another();
    const Transaction transaction(writer, Transaction::Kind::write);
    EXPECT_EQ(writer.integer("SELECT count(*) FROM records"), 0);
    insert("a");
    EXPECT_EQ(writer.integer("SELECT count(*) FROM records"), 1);
}

TEST_F(Postgres, WhatAnotherTransactionPreventedIsWorthRetrying) {
    insert("a", 1);
    Database other = another();
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
    EXPECT_EQ(other.integer("SELECT number FROM records"), 1);
    database_->execute("UPDATE records SET number = 2");
    const PostgresFailure prevented =
        failure([&] { other.execute("UPDATE records SET number = 3"); });
    EXPECT_TRUE(prevented.worth_retrying());
    EXPECT_EQ(prevented.error().code, ErrorCode::unavailable);
}

TEST_F(Postgres, OnlyWhatIsDurableLaterIsCommittedWithoutAFlush) {
    const auto flush = "SHOW synchronous_commit";
    {
        Transaction later(*database_, Transaction::Kind::write, Durability::later);
        EXPECT_EQ(database_->text(flush), "off");
        insert("a");
        later.commit();
    }
    EXPECT_EQ(another().integer("SELECT count(*) FROM records"), 1);
    const Transaction now(*database_, Transaction::Kind::write);
    EXPECT_EQ(database_->text(flush), "on");
}

TEST_F(Postgres, AWriteKnowsTheServersTime) {
    const auto clock = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
    const std::int64_t before = database_->integer(clock);
    const std::int64_t began = Transaction(*database_, Transaction::Kind::write).began();
    EXPECT_GE(began, before);
    EXPECT_LE(began, database_->integer(clock));
}

TEST_F(Postgres, ALockIsWaitedForOnlySoLong) {
    const Transaction transaction(*database_, Transaction::Kind::write);
    database_->execute("LOCK TABLE records");
    Database other = another({.lock_timeout = std::chrono::milliseconds(20)});
    const Error refused = error([&] { other.execute("DELETE FROM records"); });
    EXPECT_EQ(refused.code, ErrorCode::unavailable);
    EXPECT_NE(refused.message.find("55P03"), std::string::npos) << refused.message;
    EXPECT_FALSE(other.is_broken());
}

TEST_F(Postgres, AStatementIsGivenUpByTheServer) {
    Database other = another({.statement_timeout = std::chrono::milliseconds(500)});
    const Error refused = error([&] { other.execute("SELECT pg_sleep(30)"); });
    EXPECT_EQ(refused.code, ErrorCode::unavailable);
    EXPECT_NE(refused.message.find("57014"), std::string::npos) << refused.message;
    EXPECT_FALSE(other.is_broken());
}

TEST_F(Postgres, AServerThatDoesNotAnswerIsGivenUp) {
    Database other = another(
        {.statement_timeout = std::chrono::milliseconds(500),
         .answer_grace = std::chrono::milliseconds(500)}
    );
    const Error refused =
        error([&] { other.execute("SET statement_timeout = 0; SELECT pg_sleep(3)"); });
    EXPECT_EQ(refused.code, ErrorCode::unavailable);
    EXPECT_TRUE(other.is_broken());
    EXPECT_EQ(error([&] { other.execute("SELECT 1"); }).code, ErrorCode::unavailable);
    EXPECT_FALSE(other.in_transaction());
}

TEST_F(Postgres, AnEndedSessionIsBrokenBeforeItIsUsed) {
    EXPECT_FALSE(database_->is_broken());
    end_session_of(*database_);
    EXPECT_TRUE(database_->is_broken());
    EXPECT_EQ(error([&] { database_->execute("SELECT 1"); }).code, ErrorCode::unavailable);
}

TEST_F(Postgres, AnEndedSessionIsUnavailableWhereItIsUsed) {
    Statement select(*database_, "SELECT 1");
    {
        Transaction transaction(*database_, Transaction::Kind::write);
        insert("a");
        end_session_of(*database_);
        const Error lost = error([&] { transaction.commit(); });
        EXPECT_EQ(lost.code, ErrorCode::unavailable);
        EXPECT_NE(lost.message.find("57P01"), std::string::npos) << lost.message;
    }
    EXPECT_TRUE(database_->is_broken());
    EXPECT_EQ(error([&] { select.run(); }).code, ErrorCode::unavailable);
    EXPECT_EQ(another().integer("SELECT count(*) FROM records"), 0);
}

}  // namespace
}  // namespace slipway::store::postgres
