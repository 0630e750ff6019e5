#include "core/model/retry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace slipway::model {
namespace {

using std::chrono::milliseconds;

TEST(NextWait, DoublesUpToTheLongest) {
    const RetryPolicy policy{
        .most_attempts = 10, .first = milliseconds(100), .longest = milliseconds(500)
    };
    EXPECT_EQ(next_wait(policy, 1, 0.0), milliseconds(100));
    EXPECT_EQ(next_wait(policy, 2, 0.0), milliseconds(200));
    EXPECT_EQ(next_wait(policy, 3, 0.0), milliseconds(400));
    EXPECT_EQ(next_wait(policy, 4, 0.0), milliseconds(500));
}

TEST(NextWait, JitterTakesUpToHalf) {
    const RetryPolicy policy{
        .most_attempts = 3, .first = milliseconds(100), .longest = milliseconds(500)
    };
    EXPECT_EQ(next_wait(policy, 1, 1.0), milliseconds(50));
}

TEST(NextWait, GivesUpAfterTheLastAttempt) {
    const RetryPolicy policy{
        .most_attempts = 3, .first = milliseconds(100), .longest = milliseconds(500)
    };
    EXPECT_TRUE(next_wait(policy, 2, 0.0));
    EXPECT_EQ(next_wait(policy, 3, 0.0), std::nullopt);
}

}  // namespace
}  // namespace slipway::model
