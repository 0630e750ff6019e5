#include "core/plan/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace slipway::plan {

Schedule::Schedule(const std::vector<std::vector<int>>& needs)
    : dependents_(needs.size()), missing_(needs.size()), lost_(needs.size()) {
    for (std::size_t i = 0; i < needs.size(); ++i) {
        missing_[i] = needs[i].size();
        for (const int need : needs[i]) {
            dependents_.at(static_cast<std::size_t>(need)).push_back(static_cast<int>(i));
        }
        if (needs[i].empty()) {
            ready_.insert(static_cast<int>(i));
        }
    }
}

void Schedule::started(int step) {
    ready_.erase(step);
    ++running_;
}

std::vector<int> Schedule::finished(int step, StepEnd end) {
    --running_;
    std::vector<int> lost;
    if (end == StepEnd::done) {
        for (const int dependent : dependents_[static_cast<std::size_t>(step)]) {
            const auto index = static_cast<std::size_t>(dependent);
            if (--missing_[index] == 0 && !lost_[index]) {
                ready_.insert(dependent);
            }
        }
        return lost;
    }
    std::vector<int> open{step};
    while (!open.empty()) {
        const int failed = open.back();
        open.pop_back();
        for (const int dependent : dependents_[static_cast<std::size_t>(failed)]) {
            if (!lost_[static_cast<std::size_t>(dependent)]) {
                lost_[static_cast<std::size_t>(dependent)] = true;
                lost.push_back(dependent);
                open.push_back(dependent);
            }
        }
    }
    std::ranges::sort(lost);
    return lost;
}

}  // namespace slipway::plan
