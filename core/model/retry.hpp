#pragma once

#include <chrono>
#include <optional>

namespace slipway::model {

/// How often and how soon something that failed for a temporary cause is tried again.
struct RetryPolicy {
    int most_attempts = 6;                  ///< the first one counts
    std::chrono::milliseconds first{1000};  ///< wait after the first attempt; doubles with each
    std::chrono::milliseconds longest{60000};
};

/// The wait before the next attempt, after `attempts` of them failed; nothing: give up. `jitter` (0
/// to 1) takes up to half of the wait away, so that many who failed together do not come back
/// together.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_wait(
    const RetryPolicy& policy, int attempts, double jitter
);

}  // namespace slipway::model
