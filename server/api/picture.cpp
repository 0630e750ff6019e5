#include "server/api/picture.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/answers.hpp"
#include "server/api/build_json.hpp"
#include "server/api/delivery_json.hpp"
#include "server/api/json_fields.hpp"
#include "server/api/queue_figures.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

ordered_json image_json(const store::ImageStatus& image) {
    return {
        {"repository", image.repository},
        {"folder", image.folder},
        {"image", image.image},
        {"build", image.build.value},
        {"state", to_string(image.state)},
        {"digests", image.digests},
        {"error", or_null(image.error)},
        {"finished", or_null(image.finished)},
    };
}

ordered_json status_json(const DaemonFacts& daemon, const store::Snapshot& snapshot) {
    ordered_json json = {{"version", SLIPWAY_VERSION}};
    json["repositories"] = daemon.repositories;
    json["engines"] = daemon.engines;
    for (const char* const list : {"running", "waiting", "finished", "images"}) {
        json[list] = ordered_json::array();
    }
    for (const store::Build& build : snapshot.running) {
        json["running"].push_back(to_json(build));
    }
    for (const store::Build& build : snapshot.queued) {
        json["waiting"].push_back(to_brief_json(build));
    }
    json["waiting_total"] = snapshot.queued_total;
    json["owed"] = snapshot.owed_total;
    for (const store::Build& build : snapshot.finished) {
        json["finished"].push_back(to_brief_json(build));
    }
    for (const store::ImageStatus& image : snapshot.images) {
        json["images"].push_back(image_json(image));
    }
    return json;
}

std::string line_of(const ordered_json& json) {
    std::string text = to_text(json);
    text.pop_back();
    return text;
}

void add_brief(Facts& facts, const store::Build& build) {
    facts[{.kind = EventKind::build, .number = build.id.value}] = line_of(to_brief_json(build));
}

Facts facts_of(
    const DaemonFacts& daemon,
    const store::Snapshot& snapshot,
    const std::vector<store::Delivery>& deliveries
) {
    Facts facts;
    for (const store::Build& build : snapshot.running) {
        add_build(facts, build);
    }
    for (const store::Build& build : snapshot.queued) {
        add_brief(facts, build);
    }
    for (const store::Build& build : snapshot.finished) {
        add_brief(facts, build);
    }
    for (const store::ImageStatus& image : snapshot.images) {
        facts[{.kind = EventKind::image, .name = image.repository + '\n' + image.folder}] =
            line_of(image_json(image));
    }
    for (const store::Delivery& delivery : deliveries) {
        facts[{.kind = EventKind::delivery, .number = delivery.id.value}] =
            line_of(to_json(delivery));
    }
    for (const ordered_json& engine : daemon.engines) {
        facts[{.kind = EventKind::engine, .name = engine["name"]}] = line_of(engine);
    }
    facts[{.kind = EventKind::owed}] = line_of({{"owed", snapshot.owed_total}});
    return facts;
}

/// Of one kind.
auto range_of(const Facts& facts, EventKind kind) {
    constexpr std::int64_t first = std::numeric_limits<std::int64_t>::min();
    const auto next = static_cast<EventKind>(static_cast<int>(kind) + 1);
    return std::pair(
        facts.lower_bound({.kind = kind, .number = first}),
        facts.lower_bound({.kind = next, .number = first})
    );
}

}  // namespace

std::string_view to_string(EventKind kind) {
    switch (kind) {
        case EventKind::snapshot:
            return "snapshot";
        case EventKind::delivery:
            return "delivery";
        case EventKind::build:
            return "build";
        case EventKind::step:
            return "step";
        case EventKind::image:
            return "image";
        case EventKind::owed:
            return "owed";
        case EventKind::engine:
            return "engine";
    }
    return "";
}

void add_build(Facts& facts, const store::Build& build) {
    add_brief(facts, build);
    for (const store::Step& step : build.steps) {
        ordered_json json = {{"build", build.id.value}};
        json.update(to_json(step));
        facts[{.kind = EventKind::step, .number = build.id.value, .position = step.position}] =
            line_of(json);
    }
}

Picture make_picture(
    const DaemonFacts& daemon,
    const store::Snapshot& snapshot,
    const std::vector<store::Delivery>& deliveries
) {
    auto body = std::make_shared<const std::string>(to_text(status_json(daemon, snapshot)));
    std::string etag = etag_of(*body);
    return {
        .etag = std::move(etag),
        .body = std::move(body),
        .facts = facts_of(daemon, snapshot, deliveries),
        .queue = queue_figures(snapshot),
    };
}

std::vector<BuildId> lost_builds(const Facts& before, const Facts& after) {
    std::vector<BuildId> lost;
    const auto [first, end] = range_of(before, EventKind::build);
    for (auto at = first; at != end; ++at) {
        const auto now = after.find(at->first);
        const FactKey step{.kind = EventKind::step, .number = at->first.number};
        const bool was_open = at->second.ends_with(R"("finished":null})");
        const bool lost_steps = before.contains(step) && !after.contains(step);
        if (was_open && (now == after.end() || lost_steps)) {
            lost.push_back(BuildId{at->first.number});
        }
    }
    return lost;
}

std::vector<Event> differences(const Facts& before, const Facts& after) {
    const auto [first, last] = range_of(before, EventKind::delivery);
    const std::int64_t newest = first == last ? 0 : std::prev(last)->first.number;
    std::vector<Event> events;
    for (const auto& [key, data] : after) {
        const auto old = before.find(key);
        if (old != before.end() && old->second == data) {
            continue;
        }
        // The list is cut at its old end, so what is new in it need not have come now.
        if (key.kind == EventKind::delivery && old == before.end() && key.number <= newest) {
            continue;
        }
        events.push_back({.kind = key.kind, .data = data});
    }
    return events;
}

}  // namespace slipway::api
