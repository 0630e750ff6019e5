#pragma once

#include "server/base/metrics.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace slipway::api {

/// What waits and what is at work, and since when.
struct QueueFigures {
    struct Steps {
        std::int64_t count = 0;
        std::optional<store::Time> oldest{};  ///< when the first one's build was accepted

        bool operator==(const Steps&) const = default;
    };

    std::int64_t builds_queued = 0;
    std::int64_t builds_running = 0;
    std::int64_t owed = 0;
    std::optional<store::Time> oldest_queued{};  ///< when it was accepted
    std::map<std::string, Steps> steps{};        ///< by state: those that are not done, all of them
};

[[nodiscard]] QueueFigures queue_figures(const store::Snapshot& snapshot);

/// As they are `now`. Where two clocks differ no age is below 0.
void tell(Metrics& metrics, const QueueFigures& figures, store::Time now);

}  // namespace slipway::api
