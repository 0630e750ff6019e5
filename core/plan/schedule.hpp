#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace slipway::plan {

/// How a step ended, as far as its dependents care.
enum class StepEnd : std::uint8_t { done, failed };

/// Which steps may run now: a state machine without clock or threads, driven by who runs them.
/// Steps are numbers, their positions in the plan.
class Schedule {
public:
    /// `needs[i]` are the steps that must be done before step i; no cycles (a plan has none).
    explicit Schedule(const std::vector<std::vector<int>>& needs);

    /// Steps whose needs are done and that were not started, lowest first.
    [[nodiscard]] const std::set<int>& ready() const { return ready_; }

    /// Requires: the step is ready.
    void started(int step);

    /// Requires: the step was started. Returns the steps that can't be done any more because it
    /// failed, ascending: all that need it, however far.
    [[nodiscard]] std::vector<int> finished(int step, StepEnd end);

    /// Nothing is ready and nothing runs.
    [[nodiscard]] bool done() const { return ready_.empty() && running_ == 0; }

private:
    std::vector<std::vector<int>> dependents_;
    std::vector<std::size_t> missing_;
    std::vector<bool> lost_;
    std::set<int> ready_;
    std::size_t running_ = 0;
};

}  // namespace slipway::plan
