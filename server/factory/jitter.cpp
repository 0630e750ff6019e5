#include "server/factory/jitter.hpp"

#include <chrono>
#include <random>

namespace slipway::factory {

double random_share() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<>(0.0, 1.0)(generator);
}

std::chrono::milliseconds about(std::chrono::milliseconds interval) {
    const double share = 0.9 + (random_share() / 5);
    const double spread = static_cast<double>(interval.count()) * share;
    return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(spread));
}

}  // namespace slipway::factory
