#include "server/api/queue_figures.hpp"

#include "core/model/build_state.hpp"
#include "server/base/metrics.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace slipway::api {
namespace {

using model::StepState;

/// Where nothing is pushed, what is built is done.
bool is_open(const store::Step& step) {
    return !model::is_final(step.state) && (step.state != StepState::built || step.push);
}

void add(QueueFigures::Steps& steps, const store::Build& build) {
    ++steps.count;
    steps.oldest = std::min(steps.oldest.value_or(build.created), build.created);
}

std::chrono::milliseconds age(std::optional<store::Time> since, store::Time now) {
    return since ? std::max(now - *since, std::chrono::milliseconds(0))
                 : std::chrono::milliseconds(0);
}

}  // namespace

QueueFigures queue_figures(const store::Snapshot& snapshot) {
    QueueFigures figures;
    figures.builds_queued = snapshot.queued_total;
    figures.builds_running = static_cast<std::int64_t>(snapshot.running.size());
    figures.owed = snapshot.owed_total;
    figures.oldest_queued = snapshot.queued_since;
    for (const StepState state :
         {StepState::waiting,
          StepState::ready,
          StepState::building,
          StepState::built,
          StepState::pushing}) {
        figures.steps.emplace(to_string(state), QueueFigures::Steps{});
    }
    for (const store::Build& build : snapshot.running) {
        for (const store::Step& step : build.steps) {
            if (is_open(step)) {
                add(figures.steps[std::string(to_string(step.state))], build);
            }
        }
    }
    return figures;
}

void tell(Metrics& metrics, const QueueFigures& figures, store::Time now) {
    metrics.queue(figures.builds_queued, figures.builds_running, age(figures.oldest_queued, now));
    metrics.owed(figures.owed);
    for (const auto& [state, steps] : figures.steps) {
        metrics.step_queue(state, steps.count, age(steps.oldest, now));
    }
}

}  // namespace slipway::api
