#include "server/api/build_json.hpp"

#include "core/model/build_state.hpp"
#include "server/api/json_fields.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

std::string_view trigger_name(store::Trigger trigger) {
    switch (trigger) {
        case store::Trigger::manual:
            return "manual";
        case store::Trigger::push:
            return "push";
        case store::Trigger::reconcile:
            return "reconcile";
    }
    return "";
}

std::string_view priority_name(store::StepPriority priority) {
    switch (priority) {
        case store::StepPriority::manual:
            return "manual";
        case store::StepPriority::push:
            return "push";
        case store::StepPriority::cascade:
            return "cascade";
        case store::StepPriority::reconcile:
            return "reconcile";
    }
    return "";
}

}  // namespace

ordered_json to_json(const store::Step& step) {
    return {
        {"step", step.position},
        {"folder", step.folder},
        {"image", step.image},
        {"references", step.references},
        {"needs", step.needs},
        {"reasons", parsed(step.reasons)},
        {"push", step.push},
        {"priority", priority_name(step.priority)},
        {"state", to_string(step.state)},
        {"attempts", step.attempts},
        {"worker", or_null(step.worker)},
        {"engine", or_null(step.engine)},
        {"input_id", or_null(step.input_id)},
        {"bases", step.bases},
        {"image_id", or_null(step.image_id)},
        {"digests", step.digests},
        {"attested", step.attested},
        {"error", or_null(step.error)},
        {"note", or_null(step.note)},
        {"not_before", or_null(step.not_before)},
        {"started", or_null(step.started)},
        {"built", or_null(step.built)},
        {"finished", or_null(step.finished)},
    };
}

std::string to_text(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json to_brief_json(const store::Build& build) {
    return {
        {"id", build.id.value},
        {"repository", build.repository},
        {"ref", or_null(build.ref)},
        {"before", or_null(build.before)},
        {"after", or_null(build.after)},
        {"trigger", trigger_name(build.trigger)},
        {"folders", build.folders},
        {"no_cache", build.no_cache},
        {"state", to_string(build.state)},
        {"error", or_null(build.error)},
        {"delivery", or_null(build.delivery)},
        {"created", rfc3339(build.created)},
        {"started", or_null(build.started)},
        {"finished", or_null(build.finished)},
    };
}

ordered_json to_json(const store::Build& build) {
    ordered_json json = to_brief_json(build);
    json["plan"] = parsed(build.plan);
    json["steps"] = ordered_json::array();
    for (const store::Step& step : build.steps) {
        json["steps"].push_back(to_json(step));
    }
    return json;
}

ordered_json to_json(const store::NewBuild& build) {
    return {
        {"repository", build.repository},
        {"ref", or_null(build.ref)},
        {"before", or_null(build.before)},
        {"after", or_null(build.after)},
        {"trigger", trigger_name(build.trigger)},
        {"folders", build.folders},
        {"no_cache", build.no_cache},
    };
}

}  // namespace slipway::api
