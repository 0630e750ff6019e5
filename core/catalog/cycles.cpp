#include "core/catalog/cycles.hpp"

#include "core/catalog/graph.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace slipway::catalog {
namespace {

/// Images that are left when those without parents are taken away again and again: cycles, and what
/// is built on them.
std::vector<bool> not_buildable(const Graph& parents, const Graph& dependents) {
    std::vector<std::size_t> missing(parents.size());
    std::vector<std::uint32_t> ready;
    for (std::uint32_t i = 0; i < parents.size(); ++i) {
        missing[i] = parents[i].size();
        if (parents[i].empty()) {
            ready.push_back(i);
        }
    }
    std::vector<bool> left(parents.size(), true);
    while (!ready.empty()) {
        const std::uint32_t image = ready.back();
        ready.pop_back();
        left[image] = false;
        for (const std::uint32_t dependent : dependents[image]) {
            if (--missing[dependent] == 0) {
                ready.push_back(dependent);
            }
        }
    }
    return left;
}

/// Breadth first over parents, from `start` back to it.
std::optional<Cycle> shortest_cycle(
    const Graph& parents, const std::vector<bool>& left, std::uint32_t start
) {
    constexpr std::uint32_t unseen = UINT32_MAX;
    std::vector<std::uint32_t> came_from(parents.size(), unseen);
    std::vector<std::uint32_t> queue{start};
    for (std::size_t next = 0; next < queue.size(); ++next) {
        const std::uint32_t image = queue[next];
        for (const std::uint32_t parent : parents[image]) {
            if (parent == start) {
                Cycle cycle;
                for (std::uint32_t at = image; at != start; at = came_from[at]) {
                    cycle.path.push_back(at);
                }
                cycle.path.push_back(start);
                std::ranges::reverse(cycle.path);
                return cycle;
            }
            if (left[parent] && came_from[parent] == unseen) {
                came_from[parent] = image;
                queue.push_back(parent);
            }
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<Cycle> find_cycles(const Graph& parents, const Graph& dependents) {
    std::vector<Cycle> cycles;
    const std::vector<bool> left = not_buildable(parents, dependents);
    for (std::uint32_t i = 0; i < parents.size(); ++i) {
        if (!left[i]) {
            continue;
        }
        if (auto cycle = shortest_cycle(parents, left, i)) {
            cycles.push_back(std::move(*cycle));
        }
    }
    return cycles;
}

}  // namespace slipway::catalog
