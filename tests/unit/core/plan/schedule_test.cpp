#include "core/plan/schedule.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace slipway::plan {
namespace {

TEST(Schedule, NothingIsDoneAtOnce) {
    const Schedule schedule({});
    EXPECT_TRUE(schedule.done());
}

TEST(Schedule, StepIsReadyWhenAllItsNeedsAreDone) {
    Schedule schedule({{}, {}, {0, 1}});
    EXPECT_EQ(schedule.ready(), (std::set<int>{0, 1}));
    schedule.started(0);
    schedule.started(1);
    EXPECT_TRUE(schedule.finished(0, StepEnd::done).empty());
    EXPECT_TRUE(schedule.ready().empty());
    EXPECT_FALSE(schedule.done());
    EXPECT_TRUE(schedule.finished(1, StepEnd::done).empty());
    EXPECT_EQ(schedule.ready(), std::set<int>{2});
}

TEST(Schedule, FailureLosesItsDependentsAndNoOthers) {
    Schedule schedule({{}, {0}, {1}, {}, {3}});
    schedule.started(0);
    schedule.started(3);
    EXPECT_EQ(schedule.finished(0, StepEnd::failed), (std::vector<int>{1, 2}));
    EXPECT_TRUE(schedule.finished(3, StepEnd::done).empty());
    EXPECT_EQ(schedule.ready(), std::set<int>{4});
}

TEST(Schedule, LostStepNeverBecomesReady) {
    Schedule schedule({{}, {}, {0, 1}});
    schedule.started(0);
    schedule.started(1);
    EXPECT_EQ(schedule.finished(0, StepEnd::failed), std::vector<int>{2});
    EXPECT_TRUE(schedule.finished(1, StepEnd::failed).empty()) << "told once";
    EXPECT_TRUE(schedule.done());
}

}  // namespace
}  // namespace slipway::plan
