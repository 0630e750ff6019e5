#include "server/api/cancel.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::api {
namespace {

using model::BuildState;
using model::StepState;

store::Build build_of(const std::vector<StepState>& steps) {
    store::Build build;
    build.id = BuildId{7};
    build.state = BuildState::running;
    build.plan = "{}";
    for (const StepState step : steps) {
        const int position = static_cast<int>(build.steps.size());
        build.steps.emplace_back().position = position;
        build.steps.back().state = step;
    }
    return build;
}

std::vector<int> positions(const std::vector<store::Step>& steps) {
    std::vector<int> positions;
    for (const store::Step& step : steps) {
        positions.push_back(step.position);
    }
    return positions;
}

TEST(WhatCancelDoes, StopsWhatAWorkerHasAndCancelsTheRest) {
    store::Build build = build_of(
        {StepState::pushed,
         StepState::building,
         StepState::pushing,
         StepState::waiting,
         StepState::ready,
         StepState::built,
         StepState::built,
         StepState::failed}
    );
    build.steps[6].push = false;
    const auto cancelling = what_cancel_does(build);
    ASSERT_TRUE(cancelling);
    EXPECT_EQ(positions(cancelling->stopped), (std::vector<int>{1, 2}));
    EXPECT_EQ(positions(cancelling->cancelled), (std::vector<int>{3, 4, 5}));
    EXPECT_EQ(cancelling->state, BuildState::running) << "until its worker has stopped them";
}

TEST(WhatCancelDoes, EndsAtOnceWhatNobodyHas) {
    EXPECT_EQ(what_cancel_does(build_of({StepState::ready}))->state, BuildState::cancelled);
    store::Build queued;
    queued.trigger = store::Trigger::manual;
    EXPECT_EQ(what_cancel_does(queued)->state, BuildState::cancelled);
    queued.state = BuildState::running;
    EXPECT_EQ(what_cancel_does(queued)->state, BuildState::running) << "it is being planned";
}

TEST(WhatCancelDoes, PlansAPushThatIsQueuedSoThatItIsOwed) {
    store::Build push;
    push.trigger = store::Trigger::push;
    push.ref = "refs/heads/main";
    EXPECT_EQ(what_cancel_does(push)->state, BuildState::running);
    push.ref = "refs/tags/v1";
    EXPECT_EQ(what_cancel_does(push)->state, BuildState::cancelled) << "a tag owes nothing";
}

TEST(WhatCancelDoes, RefusesWhatIsOver) {
    store::Build build = build_of({StepState::pushed});
    build.state = BuildState::succeeded;
    const auto cancelling = what_cancel_does(build);
    ASSERT_FALSE(cancelling);
    EXPECT_EQ(cancelling.error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace slipway::api
