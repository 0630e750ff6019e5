#include "core/model/retry.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace slipway::model {

std::optional<std::chrono::milliseconds> next_wait(
    const RetryPolicy& policy, int attempts, double jitter
) {
    if (attempts < 1 || attempts >= policy.most_attempts) {
        return std::nullopt;
    }
    const double doubled = static_cast<double>(policy.first.count()) * std::exp2(attempts - 1);
    const double bounded = std::min(doubled, static_cast<double>(policy.longest.count()));
    const double spread = bounded * (1.0 - (std::clamp(jitter, 0.0, 1.0) / 2.0));
    return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(spread));
}

}  // namespace slipway::model
