#include "server/reports/hosts.hpp"

#include "core/base/result.hpp"
#include "tests/support/manual_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <expected>
#include <optional>

namespace slipway::reports {
namespace {

using namespace std::chrono_literals;

class HostsTest : public testing::Test {
protected:
    void fail(std::chrono::seconds asked = 0s) {
        hosts_.note("a", std::unexpected(Error{ErrorCode::unavailable, "away", asked}));
    }

    test::ManualClock clock_;
    Hosts hosts_{clock_, 100ms};
};

TEST_F(HostsTest, EachIsAskedOneAfterTheOther) {
    EXPECT_EQ(hosts_.turn("a").wait, 0ms);
    EXPECT_EQ(hosts_.turn("a").wait, 100ms);
    EXPECT_EQ(hosts_.turn("b").wait, 0ms);
    clock_.advance(150ms);
    EXPECT_EQ(hosts_.turn("a").wait, 50ms);
    clock_.advance(10s);
    EXPECT_EQ(hosts_.turn("a").wait, 0ms);
}

TEST_F(HostsTest, WhoWouldWaitLongComesBack) {
    for (int i = 0; i <= 50; ++i) {
        EXPECT_EQ(hosts_.turn("a").held_until, std::nullopt);
    }
    EXPECT_EQ(hosts_.turn("a").held_until, clock_.now() + 5100ms);
}

TEST_F(HostsTest, WhatAHostAsksForIsObeyed) {
    fail(30s);
    EXPECT_EQ(hosts_.turn("a").held_until, clock_.now() + 30s);
    EXPECT_EQ(hosts_.turn("b").held_until, std::nullopt);
    clock_.advance(30s);
    EXPECT_EQ(hosts_.turn("a").held_until, std::nullopt);
}

TEST_F(HostsTest, AHostThatFailsAgainAndAgainIsLeftAlone) {
    fail();
    fail();
    EXPECT_EQ(hosts_.turn("a").held_until, std::nullopt);
    fail();
    EXPECT_TRUE(hosts_.turn("a").held_until);
    clock_.advance(1min);
    EXPECT_EQ(hosts_.turn("a").held_until, std::nullopt);
    hosts_.note("a", {});
    fail();
    EXPECT_EQ(hosts_.turn("a").held_until, std::nullopt);
}

TEST(HostOf, IsHostAndPort) {
    EXPECT_EQ(host_of("https://gitlab.example.com:8443/x"), "gitlab.example.com:8443");
    EXPECT_EQ(host_of("no url"), "no url");
}

}  // namespace
}  // namespace slipway::reports
