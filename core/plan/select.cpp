#include "core/plan/select.hpp"

#include "core/plan/plan.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace slipway::plan {
namespace {

/// Requires: steps are in build order, so that a need's level is known before it is asked for.
void reduce_needs(std::vector<Step>& steps) {
    std::map<std::string, unsigned> levels;
    for (Step& step : steps) {
        std::erase_if(step.needs, [&](const std::string& need) { return !levels.contains(need); });
        step.level = 0;
        for (const std::string& need : step.needs) {
            step.level = std::max(step.level, levels.at(need) + 1);
        }
        levels.emplace(step.folder, step.level);
    }
}

}  // namespace

Selection select_folders(Plan plan, const std::vector<std::string>& folders) {
    std::set<std::string> missing(folders.begin(), folders.end());
    const std::set<std::string> wanted = missing;
    plan.unchanged += std::erase_if(plan.steps, [&](const Step& step) {
        missing.erase(step.folder);
        return !wanted.contains(step.folder);
    });
    reduce_needs(plan.steps);
    std::ranges::sort(plan.steps, [](const Step& left, const Step& right) {
        return std::tie(left.level, left.folder) < std::tie(right.level, right.folder);
    });
    return {std::move(plan), {missing.begin(), missing.end()}};
}

}  // namespace slipway::plan
