#include "server/factory/breakers.hpp"

#include "server/store/store.hpp"
#include "tests/support/manual_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace slipway::factory {
namespace {

using namespace std::chrono_literals;

const std::string registry = "r.example";

class BreakersTest : public testing::Test {
protected:
    void fail(int times) {
        for (int i = 0; i < times; ++i) {
            breakers_.failed(registry);
        }
    }

    /// How long nothing is to be pushed; nothing: a push is let through.
    std::optional<std::chrono::milliseconds> ask() { return pause(breakers_.ask(registry)); }

    std::optional<std::chrono::milliseconds> blocked() const {
        return pause(breakers_.blocked_until(registry));
    }

    std::optional<std::chrono::milliseconds> pause(std::optional<store::Time> until) const {
        return until ? std::optional(*until - clock_.now()) : std::nullopt;
    }

    test::ManualClock clock_;
    Breakers breakers_{clock_};
};

TEST_F(BreakersTest, KnowsTheFirstRegistriesThatWerePushedTo) {
    EXPECT_TRUE(breakers_.seen().empty());
    breakers_.failed(registry);
    breakers_.worked("other.example");
    EXPECT_EQ(breakers_.seen(), (std::set<std::string>{"other.example", registry}));
    for (int i = 0; i < 100; ++i) {
        breakers_.worked(std::to_string(i) + ".example");
    }
    EXPECT_EQ(breakers_.seen().size(), 50U);
}

TEST_F(BreakersTest, ThirdFailureInARowBlocks) {
    EXPECT_EQ(ask(), std::nullopt);
    fail(2);
    EXPECT_EQ(ask(), std::nullopt);
    fail(1);
    EXPECT_EQ(ask(), 15s);
    EXPECT_EQ(blocked(), 15s);
}

TEST_F(BreakersTest, PauseDoublesUpToFiveMinutes) {
    fail(3);
    for (const auto pause : {30s, 60s, 120s, 240s, 300s, 300s}) {
        fail(1);
        EXPECT_EQ(ask(), pause);
    }
    fail(100);
    EXPECT_EQ(ask(), 300s);
}

TEST_F(BreakersTest, PauseEndsWithItsTime) {
    fail(3);
    clock_.advance(15s - 1ms);
    EXPECT_EQ(ask(), 1ms);
    clock_.advance(1ms);
    EXPECT_EQ(blocked(), std::nullopt);
    EXPECT_EQ(ask(), std::nullopt);
}

TEST_F(BreakersTest, PauseEndsWhereTheClockIsSetBack) {
    fail(3);
    clock_.advance(-2h);
    EXPECT_EQ(blocked(), std::nullopt);
    EXPECT_EQ(ask(), std::nullopt);
    EXPECT_EQ(ask(), 15s) << "the others wait for what comes of the one";
}

TEST_F(BreakersTest, OneIsLetThroughWhileTheOthersWait) {
    fail(3);
    clock_.advance(15s);
    EXPECT_EQ(ask(), std::nullopt);
    EXPECT_EQ(ask(), 15s);
    EXPECT_EQ(ask(), 15s);
    fail(1);
    EXPECT_EQ(ask(), 30s) << "it failed too";
}

TEST_F(BreakersTest, AnotherIsLetThroughWhereNothingCameOfTheFirst) {
    fail(3);
    clock_.advance(15s);
    EXPECT_EQ(ask(), std::nullopt);
    clock_.advance(15s);
    EXPECT_EQ(ask(), std::nullopt);
    EXPECT_EQ(ask(), 15s);
}

TEST_F(BreakersTest, WhoOnlyLooksTakesNobodysTurn) {
    fail(3);
    clock_.advance(15s);
    EXPECT_EQ(blocked(), std::nullopt);
    EXPECT_EQ(blocked(), std::nullopt);
    EXPECT_EQ(ask(), std::nullopt);
}

TEST_F(BreakersTest, SuccessForgetsTheFailures) {
    fail(3);
    breakers_.worked(registry);
    EXPECT_EQ(ask(), std::nullopt);
    EXPECT_EQ(ask(), std::nullopt);
    fail(2);
    breakers_.worked(registry);
    fail(2);
    EXPECT_EQ(ask(), std::nullopt) << "not three in a row";
    fail(1);
    EXPECT_EQ(ask(), 15s);
}

TEST_F(BreakersTest, RegistriesAreIndependent) {
    fail(3);
    EXPECT_EQ(breakers_.ask("other.example"), std::nullopt);
    breakers_.worked("other.example");
    EXPECT_EQ(ask(), 15s);
}

}  // namespace
}  // namespace slipway::factory
