#pragma once

#include "server/base/environment.hpp"
#include "server/store/postgres.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace slipway::test {

/// A new empty schema in a database, so that tests may share that and run at the same time; dropped
/// with all that is in it at the end of the test.
class PostgresSchema {
public:
    explicit PostgresSchema(std::string database_url)
        : database_url_(std::move(database_url)), name_(random_name()) {
        store::postgres::Database(database_url_).execute("CREATE SCHEMA " + name_);
    }

    PostgresSchema(const PostgresSchema&) = delete;
    PostgresSchema& operator=(const PostgresSchema&) = delete;
    PostgresSchema(PostgresSchema&&) = delete;
    PostgresSchema& operator=(PostgresSchema&&) = delete;

    ~PostgresSchema() {
        store::postgres::Database(database_url_).execute("DROP SCHEMA " + name_ + " CASCADE");
    }

    /// Whose connections have their tables in this schema.
    [[nodiscard]] std::string url() const {
        const std::string separator = database_url_.contains('?') ? "&" : "?";
        return database_url_ + separator + "options=-csearch_path%3D" + name_;
    }

    /// Unique, also for what belongs to the whole database.
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    static std::string random_name() {
        std::random_device random;
        return "test_" + std::to_string((std::uint64_t{random()} << 32U) + random());
    }

    std::string database_url_;
    std::string name_;
};

/// Tests that need a PostgreSQL: the one that SLIPWAY_TEST_POSTGRES names, as
/// `postgresql://user:password@host:port/database`.
class WithPostgres : public testing::Test {
protected:
    void SetUp() override {
        const std::optional<std::string> server = variable("SLIPWAY_TEST_POSTGRES");
        if (!server) {
            GTEST_SKIP() << "SLIPWAY_TEST_POSTGRES names no PostgreSQL";
        }
        schema_.emplace(*server);
    }

    std::optional<PostgresSchema> schema_;
};

}  // namespace slipway::test
