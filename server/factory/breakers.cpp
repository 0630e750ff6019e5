#include "server/factory/breakers.hpp"

#include "core/model/image_ref.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace slipway::factory {
namespace {

constexpr int most_failures = 3;
constexpr std::size_t most_seen = 50;
constexpr std::chrono::seconds shortest{15};
constexpr std::chrono::seconds longest{300};

/// 15 s after the third failure in a row, twice as long after each further one.
std::chrono::seconds pause_after(int failures) {
    std::chrono::seconds pause = shortest;
    for (int i = most_failures; i < failures && pause < longest; ++i) {
        pause *= 2;
    }
    return std::min(pause, longest);
}

}  // namespace

std::optional<store::Time> Breakers::ask(const std::string& registry) {
    const auto until = blocked_until(registry);
    const auto state = states_.find(registry);
    if (!until && state != states_.end() && state->second.until) {
        // The one that is let through: the others are held back once more.
        state->second.until = clock_.now() + pause_after(state->second.failures);
    }
    return until;
}

std::optional<store::Time> Breakers::blocked_until(const std::string& registry) const {
    const auto state = states_.find(registry);
    if (state == states_.end() || !state->second.until) {
        return std::nullopt;
    }
    const auto left = *state->second.until - clock_.now();
    // No pause is longer: where one looks so, the clock was set back.
    const bool is_over = left.count() <= 0 || left > longest;
    return is_over ? std::nullopt : state->second.until;
}

void Breakers::see(const std::string& registry) {
    if (seen_.size() < most_seen) {
        seen_.insert(registry);
    }
}

void Breakers::failed(const std::string& registry) {
    see(registry);
    State& state = states_[registry];
    ++state.failures;
    if (state.failures >= most_failures) {
        state.until = clock_.now() + pause_after(state.failures);
    }
}

void Breakers::worked(const std::string& registry) {
    see(registry);
    states_.erase(registry);
}

std::string registry_of(const store::Step& step) {
    const auto reference =
        model::parse_image_ref(step.references.empty() ? step.image : step.references[0]);
    return reference ? reference->domain : "";
}

}  // namespace slipway::factory
