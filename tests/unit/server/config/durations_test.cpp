#include "server/config/durations.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace slipway::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, TakesDaysHoursMinutesAndSeconds) {
    EXPECT_EQ(parse_duration("90d"), std::chrono::days(90));
    EXPECT_EQ(parse_duration("12h"), 12h);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("36500d"), std::chrono::days(36500));
}

TEST(ParseDuration, RefusesTheRest) {
    for (const std::string text :
         {"",
          "d",
          "5",
          "0s",
          "-5m",
          "+5m",
          "5 m",
          " 5m",
          "5m ",
          "5M",
          "1.5h",
          "1h30m",
          "5min",
          "36501d",
          "4294967295d",
          "99999999999999999999s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(DurationToString, TakesTheLargestUnitThatLosesNothing) {
    EXPECT_EQ(to_string(std::chrono::seconds(std::chrono::days(90))), "90d");
    EXPECT_EQ(to_string(std::chrono::seconds(36h)), "36h");
    EXPECT_EQ(to_string(std::chrono::seconds(90min)), "90m");
    EXPECT_EQ(to_string(61s), "61s");
}

}  // namespace
}  // namespace slipway::config
