#pragma once

#include "tests/bench/queue/place.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace slipway::bench {

using Times = std::vector<std::chrono::duration<double, std::milli>>;

/// From opening a store, as a daemon does at its start, to the first claim of a step answered.
[[nodiscard]] Times measure_start(const std::string& place);

/// Each of one step, of which some are held at any time; they are given back.
[[nodiscard]] Times measure_claims(Place& place, int claims);

[[nodiscard]] Times measure_snapshots(Place& place, int snapshots);

}  // namespace slipway::bench
