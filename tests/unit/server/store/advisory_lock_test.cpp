#include "server/store/advisory_lock.hpp"

#include "core/base/result.hpp"
#include "server/store/postgres.hpp"
#include "server/store/postgres_failure.hpp"
#include "tests/support/postgres_schema.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace slipway::store::postgres {
namespace {

class AdvisoryLocks : public test::WithPostgres {
protected:
    [[nodiscard]] std::int64_t key() const {
        return static_cast<std::int64_t>(std::hash<std::string>()(schema_->name()));
    }

    std::optional<AdvisoryLock>& add(std::optional<AdvisoryLock>& lock) {
        lock.emplace(schema_->url(), ConnectOptions{}, key());
        return lock;
    }

    static bool gets_it(AdvisoryLock& lock) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        bool held = lock.try_lock();
        while (!held && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
            held = lock.try_lock();
        }
        return held;
    }

    void end_holder() {
        Database database(schema_->url());
        Statement end(
            database,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND "
            "(classid::bigint << 32) + objid::bigint = ?"
        );
        ASSERT_EQ(end.run(key()), 1);
    }

    std::optional<AdvisoryLock> first_;
    std::optional<AdvisoryLock> second_;
};

TEST_F(AdvisoryLocks, OneHoldsItUntilItsConnectionEnds) {
    add(first_);
    add(second_);
    EXPECT_TRUE(first_->try_lock());
    EXPECT_FALSE(second_->try_lock());
    EXPECT_TRUE(first_->try_lock());
    first_.reset();
    EXPECT_TRUE(gets_it(*second_));
}

TEST_F(AdvisoryLocks, WhoLosesTheConnectionLosesTheLock) {
    add(first_);
    add(second_);
    EXPECT_TRUE(first_->try_lock());
    end_holder();
    EXPECT_TRUE(second_->try_lock());
    try {
        static_cast<void>(first_->try_lock());
        FAIL() << "it did not notice";
    } catch (const PostgresFailure& failure) {
        EXPECT_EQ(failure.error().code, ErrorCode::unavailable);
    }
    EXPECT_FALSE(first_->try_lock());
    second_.reset();
    EXPECT_TRUE(gets_it(*first_));
}

}  // namespace
}  // namespace slipway::store::postgres
