#include "server/base/clock.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace slipway {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::sys_time<milliseconds>;

TEST(Rfc3339, WritesMillisecondsInUtc) {
    EXPECT_EQ(rfc3339(Time(milliseconds(1'795'370'760'123))), "2026-11-22T18:06:00.123Z");
    EXPECT_EQ(rfc3339(Time(milliseconds(0))), "1970-01-01T00:00:00.000Z");
}

TEST(Rfc3339, FillsUpWithZeros) {
    EXPECT_EQ(rfc3339(Time(milliseconds(978'307'445'006))), "2001-01-01T00:04:05.006Z");
}

TEST(Rfc3339, KnowsLeapDaysAndTimesBefore1970) {
    EXPECT_EQ(rfc3339(Time(milliseconds(1'709'251'199'999))), "2024-02-29T23:59:59.999Z");
    EXPECT_EQ(rfc3339(Time(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(SystemClock, TellsATimeOfThisCentury) {
    EXPECT_GT(SystemClock().now(), Time(milliseconds(1'700'000'000'000)));
}

}  // namespace
}  // namespace slipway
