#pragma once

#include "core/base/strong_id.hpp"
#include "server/api/queue_figures.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::api {

/// What an event tells of, in the order in which those of one moment are told.
enum class EventKind : std::uint8_t { snapshot, delivery, build, step, image, owed, engine };

/// As in the stream's `event:` field.
[[nodiscard]] std::string_view to_string(EventKind kind);

struct FactKey {
    EventKind kind{};
    std::int64_t number = 0;  ///< a build's or a delivery's id
    int position = 0;         ///< of a step
    std::string name{};       ///< an engine's, or an image's repository and folder

    auto operator<=>(const FactKey&) const = default;
};

/// Each as JSON in one line.
using Facts = std::map<FactKey, std::string>;

/// How things stood at one moment: what the status endpoint answers, and what events are made of.
/// Never changed once it is made.
struct Picture {
    std::string etag;  ///< strong, of the body: replicas that know the same say the same
    http::Piece body;
    Facts facts;
    QueueFigures queue{};
};

/// What of a picture is the daemon's own, beside what the store holds.
struct DaemonFacts {
    const nlohmann::ordered_json& repositories;
    const nlohmann::ordered_json& engines;
};

/// `deliveries`: the newest ones.
[[nodiscard]] Picture make_picture(
    const DaemonFacts& daemon,
    const store::Snapshot& snapshot,
    const std::vector<store::Delivery>& deliveries
);

/// Builds that one picture shows at work or waiting and the next one does not show at all: what
/// became of them is to be added to the next one.
[[nodiscard]] std::vector<BuildId> lost_builds(const Facts& before, const Facts& after);

/// A build with its steps.
void add_build(Facts& facts, const store::Build& build);

struct Event {
    EventKind kind{};
    std::string data;  ///< JSON in one line
};

/// What is new or other in the second one.
[[nodiscard]] std::vector<Event> differences(const Facts& before, const Facts& after);

}  // namespace slipway::api
