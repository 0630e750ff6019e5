#include "server/reports/events.hpp"

#include "core/model/build_state.hpp"
#include "server/base/clock.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/reports/status_text.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::reports {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
}

ordered_json or_null(const std::optional<store::Time>& time) {
    return time ? ordered_json(rfc3339(*time)) : ordered_json();
}

const store::Step* find_step(const store::Build& build, int position) {
    const auto found = std::ranges::find(build.steps, position, &store::Step::position);
    return found == build.steps.end() ? nullptr : &*found;
}

ordered_json data_of(const store::Build& build, const store::Step& step) {
    return {
        {"repository", build.repository},
        {"ref", or_null(build.ref)},
        {"commit", build.after},
        {"build", build.id.value},
        {"step", step.position},
        {"folder", step.folder},
        {"image", step.image},
        {"references", step.references},
        {"digests", step.digests},
        {"input_id", or_null(step.input_id)},
    };
}

ordered_json data_of(const store::Build& build) {
    ordered_json steps = ordered_json::array();
    for (const store::Step& step : build.steps) {
        steps.push_back({
            {"folder", step.folder},
            {"image", step.image},
            {"state", to_string(step.state)},
            {"digests", step.digests},
            {"error", or_null(step.error)},
        });
    }
    return {
        {"repository", build.repository},
        {"ref", or_null(build.ref)},
        {"commit", or_null(build.after)},
        {"build", build.id.value},
        {"state", to_string(build.state)},
        {"error", or_null(build.error)},
        {"started", or_null(build.started)},
        {"finished", or_null(build.finished)},
        {"steps", std::move(steps)},
    };
}

std::string address_of(const store::Report& notification) {
    return notification.key.substr(notification.key.rfind(' ') + 1);
}

bool wants(
    const config::Notification& notification, std::string_view repository, std::string_view type
) {
    const auto has = [](const std::vector<std::string>& list, std::string_view value) {
        return list.empty() || std::ranges::find(list, value) != list.end();
    };
    return has(notification.repositories, repository) && has(notification.events, type);
}

/// Of an event, or of a notification of one: both keys begin with it.
bool wants(const config::Notification& notification, const store::Report& report) {
    return wants(notification, report.repository, type_of(report));
}

}  // namespace

std::string type_of(const store::Report& event) {
    return event.key.substr(0, event.key.find(' '));
}

std::optional<std::string> payload_of(
    const store::Report& event, const store::Build& build, std::string_view public_url
) {
    const bool is_of_step = event.position >= 0;
    const store::Step* const step = is_of_step ? find_step(build, event.position) : nullptr;
    if (is_of_step && step == nullptr) {
        return std::nullopt;
    }
    const store::Time time = (is_of_step ? step->finished : build.finished).value_or(event.created);
    std::string id = event.key;
    std::ranges::replace(id, ' ', '-');
    id += "-" + std::to_string(time.time_since_epoch().count());
    ordered_json json = {
        {"specversion", "1.0"},
        {"id", id},
        {"source", std::string(public_url) + "/repositories/" + build.repository},
        {"type", type_of(event)},
        {"subject", is_of_step ? step->image : "builds/" + std::to_string(build.id.value)},
        {"time", rfc3339(time)},
        {"datacontenttype", "application/json"},
        {"timestamp", rfc3339(time)},  // as Standard Webhooks names it
        {"data", is_of_step ? data_of(build, *step) : data_of(build)},
    };
    if (build.trace) {
        json["traceparent"] =
            to_string(*build.trace);  // CloudEvents' distributed tracing extension
    }
    json["data"]["url"] = or_null(page_of(public_url, build.id));
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::vector<store::NewReport> notifications_of(
    const store::Report& event, const std::string& payload, const config::Config& config
) {
    std::vector<store::NewReport> reports;
    for (const config::Notification& notification : config.notifications) {
        if (wants(notification, event)) {
            reports.push_back({
                .kind = store::ReportKind::notification,
                .repository = event.repository,
                .key = event.key + " " + notification.url,
                .body = payload,
            });
        }
    }
    return reports;
}

const config::Notification* find_receiver(
    const config::Config& config, const store::Report& notification
) {
    const std::string address = address_of(notification);
    const auto found = std::ranges::find_if(config.notifications, [&](const auto& entry) {
        return entry.url == address && wants(entry, notification);
    });
    return found == config.notifications.end() ? nullptr : &*found;
}

}  // namespace slipway::reports
