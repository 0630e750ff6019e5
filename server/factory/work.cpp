#include "server/factory/work.hpp"

#include "core/catalog/catalog.hpp"
#include "core/model/build_state.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

/// What only follows from other images waits for what people changed.
store::StepPriority priority_of(store::Trigger trigger, const plan::Step& step) {
    switch (trigger) {
        case store::Trigger::manual:
            return store::StepPriority::manual;
        case store::Trigger::reconcile:
            return store::StepPriority::reconcile;
        case store::Trigger::push:
            break;
    }
    const bool follows = std::ranges::all_of(step.reasons, [](const plan::Reason& reason) {
        return reason.kind == plan::ReasonKind::base_rebuilt;
    });
    return follows ? store::StepPriority::cascade : store::StepPriority::push;
}

}  // namespace

std::vector<store::Step> to_records(
    const plan::Plan& plan, const catalog::Catalog& catalog, bool push, store::Trigger trigger
) {
    std::vector<store::Step> records;
    std::map<std::string, int> positions;
    for (const plan::Step& step : plan.steps) {
        store::Step record;
        record.position = static_cast<int>(records.size());
        record.folder = step.folder;
        record.image = step.image;
        record.references = step.references;
        record.priority = priority_of(trigger, step);
        if (const auto image = catalog.find(step.folder == "." ? "" : step.folder)) {
            record.tree = to_string(catalog.tree(*image));
        }
        for (const std::string& need : step.needs) {
            record.needs.push_back(positions.at(need));
        }
        nlohmann::ordered_json reasons = nlohmann::ordered_json::array();
        for (const plan::Reason& reason : step.reasons) {
            reasons.push_back(plan::to_json(reason));
        }
        // A path in git need not be UTF-8.
        record.reasons =
            reasons.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        record.push = push && step.push;
        record.state = record.needs.empty() ? model::StepState::ready : model::StepState::waiting;
        positions.emplace(step.folder, record.position);
        records.push_back(std::move(record));
    }
    return records;
}

std::string trace_id_of(const store::Build& build) {
    return build.trace ? build.trace->trace_id : "";
}

}  // namespace slipway::factory
