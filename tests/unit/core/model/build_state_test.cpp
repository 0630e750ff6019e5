#include "core/model/build_state.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace slipway::model {
namespace {

constexpr int build_states = 6;
constexpr int step_states = 10;

TEST(BuildState, NamesAreReadBack) {
    for (int i = 0; i < build_states; ++i) {
        const auto state = static_cast<BuildState>(i);
        EXPECT_EQ(parse_build_state(to_string(state)), state) << i;
    }
    for (int i = 0; i < step_states; ++i) {
        const auto state = static_cast<StepState>(i);
        EXPECT_EQ(parse_step_state(to_string(state)), state) << i;
    }
    EXPECT_FALSE(parse_build_state("pushed"));
    EXPECT_FALSE(parse_step_state("Pushed"));
}

TEST(BuildState, NumbersAreStoredAndStay) {
    EXPECT_EQ(std::to_underlying(BuildState::superseded), 5);
    EXPECT_EQ(to_string(BuildState::superseded), "superseded");
    EXPECT_EQ(std::to_underlying(StepState::unchanged), 6);
    EXPECT_EQ(to_string(StepState::skipped), "skipped");
}

TEST(BuildState, QueuedAndRunningAreNotFinal) {
    EXPECT_FALSE(is_final(BuildState::queued));
    EXPECT_FALSE(is_final(BuildState::running));
    EXPECT_TRUE(is_final(BuildState::succeeded));
    EXPECT_TRUE(is_final(BuildState::superseded));
}

TEST(StepState, FinalOnesMayOnlyBeRetried) {
    for (int from = 0; from < step_states; ++from) {
        for (int to = 0; to < step_states; ++to) {
            const auto state = static_cast<StepState>(from);
            const auto next = static_cast<StepState>(to);
            if (is_final(state) && may_follow(state, next)) {
                EXPECT_EQ(state, StepState::failed) << from << " to " << to;
                EXPECT_EQ(next, StepState::ready) << from << " to " << to;
            }
            EXPECT_FALSE(from == to && may_follow(state, next)) << "a state does not follow itself";
        }
    }
}

TEST(StepState, TheUsualPathIsLegal) {
    using enum StepState;
    const std::vector<StepState> path = {waiting, ready, building, built, pushing, pushed};
    for (std::size_t i = 1; i < path.size(); ++i) {
        EXPECT_TRUE(may_follow(path[i - 1], path[i])) << i;
    }
}

TEST(StepState, AFailedPushNeverRepeatsTheBuild) {
    EXPECT_TRUE(may_follow(StepState::pushing, StepState::built));
    EXPECT_FALSE(may_follow(StepState::pushing, StepState::building));
    EXPECT_FALSE(may_follow(StepState::pushing, StepState::ready));
}

TEST(StepState, WhatACrashInterruptsGoesBack) {
    EXPECT_TRUE(may_follow(StepState::building, StepState::ready));
    EXPECT_TRUE(may_follow(StepState::built, StepState::ready));
    EXPECT_FALSE(may_follow(StepState::building, StepState::waiting));
}

}  // namespace
}  // namespace slipway::model
