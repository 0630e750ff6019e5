#pragma once

#include "core/base/source_error.hpp"
#include "core/catalog/graph.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace slipway::catalog {

/// A way from an image over its parents back to itself, the shortest: `path.front()` is the image,
/// its parent follows.
struct Cycle {
    std::vector<std::uint32_t> path;
};

/// One cycle for every image that lies on one, in the order of images. `parents[i]` are the images
/// that i is built on, `dependents` is its reverse.
[[nodiscard]] std::vector<Cycle> find_cycles(const Graph& parents, const Graph& dependents);

/// How the error of an image on a cycle begins; its path follows.
inline constexpr std::string_view cycle_words = "built on itself: ";

[[nodiscard]] inline bool is_cycle(const SourceError& error) {
    return error.message.starts_with(cycle_words);
}

}  // namespace slipway::catalog
