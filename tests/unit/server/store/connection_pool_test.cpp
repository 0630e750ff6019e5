#include "server/store/connection_pool.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace slipway::store {
namespace {

struct Connection {
    explicit Connection(int& alive_now) : alive(alive_now), number(++alive) {}

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;

    ~Connection() { --alive; }

    [[nodiscard]] bool is_broken() const { return broken; }

    int& alive;
    int number;
    bool broken = false;
};

using Pool = ConnectionPool<Connection>;

class Pools : public testing::Test {
protected:
    Pool make(const PoolLimits& limits) {
        return Pool([this] { return std::make_unique<Connection>(alive_); }, limits);
    }

    int alive_ = 0;
};

TEST_F(Pools, WhatWasGivenBackIsLentAgain) {
    Pool pool = make({.most = 2});
    Connection* first = nullptr;
    {
        const Result<Pool::Loan> loan = pool.borrow();
        first = &**loan;
    }
    const Result<Pool::Loan> again = pool.borrow();
    EXPECT_EQ(&**again, first);
    const Result<Pool::Loan> another = pool.borrow();
    EXPECT_EQ((*another)->number, 2);
}

TEST_F(Pools, AboveTheBoundItIsUnavailableAfterTheWait) {
    Pool pool = make({.most = 1, .longest_wait = std::chrono::milliseconds(1)});
    std::optional<Result<Pool::Loan>> loan = pool.borrow();
    ASSERT_TRUE(*loan);
    EXPECT_EQ(pool.borrow().error().code, ErrorCode::unavailable);
    loan.reset();
    EXPECT_TRUE(pool.borrow());
    EXPECT_EQ(alive_, 1);
}

TEST_F(Pools, WhoWaitsGetsWhatIsGivenBack) {
    Pool pool = make({.most = 1, .longest_wait = std::chrono::seconds(30)});
    std::optional<Result<Pool::Loan>> loan = pool.borrow();
    auto waiting = std::async(std::launch::async, [&pool] { return pool.borrow().has_value(); });
    loan.reset();
    EXPECT_TRUE(waiting.get());
}

TEST_F(Pools, IdleOnesAboveAFewAreClosed) {
    Pool pool = make({.most = 3, .most_idle = 1});
    {
        const Result<Pool::Loan> first = pool.borrow();
        const Result<Pool::Loan> second = pool.borrow();
        const Result<Pool::Loan> third = pool.borrow();
        EXPECT_EQ(alive_, 3);
    }
    EXPECT_EQ(alive_, 1);
}

TEST_F(Pools, OneThatBrokeInUseIsDropped) {
    Pool pool = make({.most = 1});
    {
        const Result<Pool::Loan> loan = pool.borrow();
        (*loan)->broken = true;
    }
    EXPECT_EQ(alive_, 0);
    EXPECT_TRUE(pool.borrow());
}

TEST_F(Pools, OneThatBrokeWhileIdleIsNotLent) {
    Pool pool = make({.most = 2});
    Connection* first = nullptr;
    {
        const Result<Pool::Loan> one = pool.borrow();
        const Result<Pool::Loan> other = pool.borrow();
        first = &**one;
    }
    first->broken = true;
    const Result<Pool::Loan> one = pool.borrow();
    const Result<Pool::Loan> other = pool.borrow();
    EXPECT_FALSE((*one)->broken);
    EXPECT_FALSE((*other)->broken);
    EXPECT_EQ(alive_, 2);
}

TEST_F(Pools, WhatCanNotBeOpenedTakesNoPlace) {
    bool is_away = true;
    Pool pool(
        [&] {
            if (is_away) {
                throw std::runtime_error("the server is away");
            }
            return std::make_unique<Connection>(alive_);
        },
        {.most = 1, .longest_wait = std::chrono::milliseconds(1)}
    );
    EXPECT_THROW(static_cast<void>(pool.borrow()), std::runtime_error);
    EXPECT_THROW(static_cast<void>(pool.borrow()), std::runtime_error);
    is_away = false;
    EXPECT_TRUE(pool.borrow());
}

TEST_F(Pools, IdleOnesMayBeClosed) {
    Pool pool = make({.most = 2});
    EXPECT_TRUE(pool.borrow());
    ASSERT_EQ(alive_, 1);
    pool.close_idle();
    EXPECT_EQ(alive_, 0);
    EXPECT_TRUE(pool.borrow());
}

}  // namespace
}  // namespace slipway::store
