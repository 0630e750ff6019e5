#pragma once

#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace slipway::factory {

/// Which registries are left alone for a while, because pushes to them failed again and again: what
/// goes to others does not wait behind them. On one thread.
class Breakers {
public:
    explicit Breakers(const Clock& clock) : clock_(clock) {}

    /// Until when nothing is to be pushed there. After that time one push is let through, to find
    /// out, and the others wait for what comes of it.
    [[nodiscard]] std::optional<store::Time> ask(const std::string& registry);

    /// The same, without asking to push.
    [[nodiscard]] std::optional<store::Time> blocked_until(const std::string& registry) const;

    /// Registries that were pushed to since the start, well or not: the first 50.
    [[nodiscard]] const std::set<std::string>& seen() const { return seen_; }

    void failed(const std::string& registry);
    void worked(const std::string& registry);

private:
    struct State {
        int failures = 0;  ///< in a row
        std::optional<store::Time> until;
    };

    void see(const std::string& registry);

    const Clock& clock_;
    std::map<std::string, State> states_;
    std::set<std::string> seen_;
};

/// Where a step is pushed to; empty: its references are none.
[[nodiscard]] std::string registry_of(const store::Step& step);

}  // namespace slipway::factory
