#include "server/base/process_stats.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <optional>

namespace slipway {
namespace {

TEST(ParseProcessStat, FindsItsFieldsBehindANameWithBlanksAndBrackets) {
    const auto line = parse_process_stat(
        "42 (a ) b (c) S 1 42 42 0 -1 4194304 1 2 3 4 150 25 7 8 20 0 9 0 1234 99999 77 88\n"
    );
    ASSERT_TRUE(line);
    const ProcessStatLine found = line.value_or(ProcessStatLine{});
    EXPECT_EQ(found.cpu_ticks, 175U);
    EXPECT_EQ(found.start_ticks, 1234U);
    EXPECT_EQ(found.resident_pages, 77U);
}

TEST(ParseProcessStat, RefusesALineThatIsCutShort) {
    EXPECT_FALSE(parse_process_stat(""));
    EXPECT_FALSE(parse_process_stat("42 (slipway"));
    EXPECT_FALSE(parse_process_stat("42 (slipway) S 1 2 3"));
    EXPECT_FALSE(
        parse_process_stat("42 (x) S 1 42 42 0 -1 4194304 1 2 3 4 150 25 7 8 20 0 9 0 1234 99999")
    );
}

TEST(ReadProcessStats, TellsOfThisProcess) {
    const auto stats = read_process_stats();
    ASSERT_TRUE(stats);
    const ProcessStats before = stats.value_or(ProcessStats{});
    EXPECT_GT(before.resident_bytes, 100'000);
    EXPECT_GE(before.open_descriptors, 3);
    const auto now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    EXPECT_NEAR(before.start_time_seconds, now.count(), 3600);
    const std::ifstream one_more("/proc/self/stat");
    const ProcessStats after = read_process_stats().value_or(ProcessStats{});
    EXPECT_EQ(after.open_descriptors, before.open_descriptors + 1);
}

}  // namespace
}  // namespace slipway
