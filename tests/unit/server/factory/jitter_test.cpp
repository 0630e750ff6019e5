#include "server/factory/jitter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace slipway::factory {
namespace {

using namespace std::chrono_literals;

TEST(About, IsATenthOffAtMostAndNotAlwaysTheSame) {
    std::set<std::chrono::milliseconds> seen;
    for (int i = 0; i < 1000; ++i) {
        seen.insert(about(5min));
    }
    EXPECT_GE(*seen.begin(), 270s);
    EXPECT_LE(*seen.rbegin(), 330s);
    EXPECT_GT(seen.size(), 100U);
}

}  // namespace
}  // namespace slipway::factory
