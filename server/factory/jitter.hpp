#pragma once

#include <chrono>

namespace slipway::factory {

/// By chance from 0 to 1, as model::next_wait() wants it. Any thread.
[[nodiscard]] double random_share();

/// Up to a tenth less or more, so that what repeats does not keep the step of others.
[[nodiscard]] std::chrono::milliseconds about(std::chrono::milliseconds interval);

}  // namespace slipway::factory
