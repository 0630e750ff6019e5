#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_model.hpp"
#include "tests/support/manual_clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a store and the model of one answer, in words that are compared and read.
namespace slipway::store {

inline std::string number(StepKey key) {
    return std::to_string(key.build.value) + "." + std::to_string(key.position);
}

inline std::string text_of(const BuildEnd& end) {
    return end.ended ? std::string(to_string(*end.ended)) : "goes on";
}

inline std::string text_of(const std::vector<StepKey>& keys) {
    std::string text = "steps";
    for (const StepKey key : keys) {
        text += " " + number(key);
    }
    return text;
}

inline std::string text_of(const std::optional<BuildId>& build) {
    return build ? "build " + std::to_string(build->value) : "none";
}

inline std::string text_of(const std::optional<Time>& time) {
    return time ? std::to_string((*time - test::ManualClock::start).count()) + "ms" : "-";
}

inline std::string text_of(BuildId build, model::StepState state, bool over) {
    return "of build " + std::to_string(build.value) + " " + std::string(to_string(state)) +
           (over ? " over" : "");
}

inline std::string text_of(const std::map<std::string, std::string>& images) {
    std::string text;
    for (const auto& [image, status] : images) {
        text += "\n    " + image + " " + status;
    }
    return text;
}

template <class StepLike>
inline std::string text_of_step(const StepLike& step, const std::string& folder, bool over) {
    return "\n    " + folder + " " + std::string(to_string(step.state)) + " by '" + step.worker +
           "' after " + text_of(step.not_before) + (over ? " over" : "");
}

inline std::string text_of(const Build& build) {
    std::string text = "build " + std::to_string(build.id.value) + " " +
                       std::string(to_string(build.state)) + (build.finished ? " over" : "");
    for (const Step& step : build.steps) {
        text += text_of_step(step, step.folder, step.finished.has_value());
    }
    return text;
}

inline std::string text_of(const StoreModel::ModelBuild& build) {
    std::string text = "build " + std::to_string(build.id.value) + " " +
                       std::string(to_string(build.state)) +
                       (model::is_final(build.state) ? " over" : "");
    for (const StoreModel::ModelStep& step : build.steps) {
        text += text_of_step(step, step.as_planned.folder, step.over);
    }
    return text;
}

/// Of what is owed its reason's first words: the rest is for people.
inline std::string text_of(const LedgerEntry& entry) {
    std::string text = entry.commit + " " + entry.tree + " by " + text_of(entry.build) +
                       (entry.removed ? " removed" : "");
    if (entry.owed) {
        text += ", owed since " + text_of(std::optional(entry.owed->since)) + " at " +
                entry.owed->commit + " " + entry.owed->tree + " by " +
                std::to_string(entry.owed->build.value) + ", " +
                entry.owed->why.substr(0, entry.owed->why.find(':'));
    }
    return text;
}

}  // namespace slipway::store
