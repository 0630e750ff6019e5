#pragma once

#include "tests/bench/queue/place.hpp"

#include <cstddef>

namespace slipway::bench {

/// What there is to do: as many running builds, each of a repository of its own. Every tenth step
/// of a build is the base of the nine after it, and only bases may be claimed at first, unless
/// `all_ready`.
struct Work {
    int builds = 1;
    int steps = 1;  ///< of each build
    bool all_ready = false;
};

/// Plans it, through the store.
void plan(Place& place, const Work& work);

/// Takes steps to their end as so many engines do whose builds take no time, until all builds have
/// ended: how many steps this process had.
[[nodiscard]] std::size_t drain(Place& place, int slots);

}  // namespace slipway::bench
