#include "server/api/cancel.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <string>

namespace slipway::api {
namespace {

using model::BuildState;
using model::StepState;

bool is_with_a_worker(const store::Step& step) {
    return step.state == StepState::building || step.state == StepState::pushing;
}

bool is_over(const store::Step& step) {
    return model::is_final(step.state) || (step.state == StepState::built && !step.push);
}

/// As store::Store::cancel() does: with its plan it ends, and its branch owes what was planned.
bool is_planned_all_the_same(const store::Build& build) {
    const bool is_push = build.trigger != store::Trigger::manual && build.folders.empty() &&
                         build.ref.starts_with("refs/heads/");
    return build.plan.empty() && (build.state == BuildState::running || is_push);
}

}  // namespace

Result<Cancelling> what_cancel_does(const store::Build& build) {
    if (model::is_final(build.state)) {
        return fail(
            ErrorCode::conflict,
            "build " + std::to_string(build.id.value) + " is over: it " +
                std::string(to_string(build.state))
        );
    }
    Cancelling result;
    for (const store::Step& step : build.steps) {
        if (!is_over(step)) {
            (is_with_a_worker(step) ? result.stopped : result.cancelled).push_back(step);
        }
    }
    const bool goes_on = is_planned_all_the_same(build) || !result.stopped.empty();
    result.state = goes_on ? BuildState::running : BuildState::cancelled;
    return result;
}

}  // namespace slipway::api
