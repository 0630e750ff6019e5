#include "server/reports/outcome.hpp"

#include "core/base/result.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <expected>

namespace slipway::reports {
namespace {

using namespace std::chrono_literals;
using store::ReportState;

constexpr store::Time now{1'000'000ms};

store::ReportEnd end(ErrorCode code, int attempts = 0, std::chrono::seconds asked = 0s) {
    store::Report report;
    report.attempts = attempts;
    const Result<void> tried = std::unexpected(Error{code, "words", asked});
    return end_after(report, tried, now, 0.0);
}

TEST(EndAfter, SuccessIsTheEnd) {
    EXPECT_EQ(end_after({}, {}, now, 0.0).state, ReportState::sent);
}

TEST(EndAfter, WhatIsAwayIsTriedLaterAndLater) {
    const store::ReportEnd first = end(ErrorCode::unavailable);
    EXPECT_EQ(first.state, ReportState::due);
    EXPECT_EQ(first.attempts, 1);
    EXPECT_EQ(first.error, "words");
    EXPECT_EQ(first.due, now + 1s);
    EXPECT_EQ(end(ErrorCode::unavailable, 3).due, now + 8s);
    EXPECT_EQ(end(ErrorCode::unavailable, 15).due, now + 1h);
}

TEST(EndAfter, WhatWasAskedForIsObeyed) {
    EXPECT_EQ(end(ErrorCode::unavailable, 0, 60s).due, now + 60s);
    EXPECT_EQ(end(ErrorCode::unavailable, 9, 60s).due, now + 512s);
    EXPECT_EQ(end(ErrorCode::unavailable, 0, 240h).due, now + 6h);
}

TEST(EndAfter, IsGivenUpInTheEnd) {
    EXPECT_EQ(end(ErrorCode::unavailable, 18).state, ReportState::due);
    EXPECT_EQ(end(ErrorCode::unavailable, 19).state, ReportState::dead);
    EXPECT_EQ(end(ErrorCode::denied).state, ReportState::dead);
    EXPECT_EQ(end(ErrorCode::not_found).state, ReportState::dead);
    EXPECT_EQ(end(ErrorCode::failed).attempts, 1);
}

TEST(EndAfter, OurOwnEndCostsNoAttempt) {
    const store::ReportEnd stopped = end(ErrorCode::cancelled, 19);
    EXPECT_EQ(stopped.state, ReportState::due);
    EXPECT_EQ(stopped.attempts, 19);
    EXPECT_EQ(stopped.due, now);
}

TEST(HeldBack, CostsNoAttempt) {
    store::Report report;
    report.attempts = 4;
    const store::ReportEnd held = held_back(report, now + 5s);
    EXPECT_EQ(held.state, ReportState::due);
    EXPECT_EQ(held.attempts, 4);
    EXPECT_EQ(held.due, now + 5s);
}

}  // namespace
}  // namespace slipway::reports
