#include "server/api/explanation.hpp"

#include "core/model/build_state.hpp"
#include "server/api/build_json.hpp"
#include "server/api/json_fields.hpp"
#include "server/api/ledger_json.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::api {
namespace {

using model::StepState;
using nlohmann::ordered_json;

constexpr std::string_view built = "built";
constexpr std::string_view not_built = "not_built";
constexpr std::string_view waiting = "waiting";

struct Words {
    std::string_view verdict;
    std::string why;
};

/// What of a build concerns one folder.
struct Part {
    const store::Step* step = nullptr;
    std::vector<const store::Step*> waits_for{};  ///< steps that are not done
    ordered_json errors = ordered_json::array();  ///< of the plan
    ordered_json removed{};                       ///< its entry in the plan
};

std::string name_of(const store::Build& build) {
    return "build " + std::to_string(build.id.value);
}

/// `python/manifest.yml` is of `python`; of the root is what lies in no folder.
bool is_of(std::string_view path, std::string_view folder) {
    return folder == "." ? !path.contains('/')
                         : path == folder || path.starts_with(std::string(folder) + "/");
}

bool is_done(const store::Step& step) {
    return step.state == StepState::pushed || step.state == StepState::unchanged ||
           (step.state == StepState::built && !step.push);
}

/// A field of what a damaged store may hold in any shape.
const ordered_json* field_in(const ordered_json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found == object.end() ? nullptr : &*found;
}

std::string text_in(const ordered_json& object, const char* name) {
    const ordered_json* const field = field_in(object, name);
    return field != nullptr && field->is_string() ? field->get<std::string>() : std::string();
}

std::string number_in(const ordered_json& object, const char* name) {
    const ordered_json* const field = field_in(object, name);
    return field != nullptr && field->is_number() ? field->dump() : std::string("1");
}

const ordered_json& list_in(const ordered_json& plan, const char* name) {
    static const ordered_json none = ordered_json::array();
    const ordered_json* const field = field_in(plan, name);
    return field != nullptr && field->is_array() ? *field : none;
}

std::vector<const store::Step*> undone_needs(const store::Build& build, const store::Step& step) {
    std::vector<const store::Step*> undone;
    for (const store::Step& other : build.steps) {
        const bool is_need = std::ranges::find(step.needs, other.position) != step.needs.end();
        if (is_need && !is_done(other)) {
            undone.push_back(&other);
        }
    }
    return undone;
}

Part part_of(const store::Build& build, const std::string& folder) {
    Part part;
    const auto found = std::ranges::find(build.steps, folder, &store::Step::folder);
    if (found != build.steps.end()) {
        part.step = &*found;
        part.waits_for = undone_needs(build, *found);
    }
    const ordered_json plan = parsed(build.plan);
    for (const ordered_json& error : list_in(plan, "errors")) {
        if (is_of(text_in(error, "path"), folder)) {
            part.errors.push_back(error);
        }
    }
    for (const ordered_json& removed : list_in(plan, "removed")) {
        if (text_in(removed, "folder") == folder) {
            part.removed = removed;
        }
    }
    return part;
}

std::string listed(const std::vector<const store::Step*>& steps) {
    std::string list;
    for (const store::Step* const step : steps) {
        list.append(list.empty() ? "" : ", ").append(step->folder);
    }
    return list;
}

Words words_of_waiting(const Part& part) {
    const store::Step& step = *part.step;
    if (!part.waits_for.empty()) {
        return {waiting, "waits for " + listed(part.waits_for)};
    }
    const std::string why = step.not_before ? "is tried again at " + rfc3339(*step.not_before)
                                            : std::string("waits for a worker with a free place");
    return {waiting, step.note.empty() ? why : why + ": " + step.note};
}

Words words_of(const Part& part) {
    const store::Step& step = *part.step;
    const std::string state(to_string(step.state));
    switch (step.state) {
        case StepState::waiting:
        case StepState::ready:
            return words_of_waiting(part);
        case StepState::built:
            return step.push ? Words{built, "is built, and waits to be pushed"}
                             : Words{built, "is built; it is not to be pushed"};
        case StepState::building:
        case StepState::pushing:
        case StepState::pushed:
            return {built, "is " + state};
        case StepState::unchanged:
            return {not_built, "what decides its content was pushed already"};
        case StepState::failed:
        case StepState::cancelled:
        case StepState::skipped:
            break;
    }
    return {not_built, step.error.empty() ? state : state + ": " + step.error};
}

std::string in_words(const ordered_json& error) {
    return text_in(error, "path") + ":" + number_in(error, "line") + ":" +
           number_in(error, "column") + ": " + text_in(error, "message");
}

Words words_without_step(const FolderFacts& facts, const Part& part) {
    if (!part.errors.empty()) {
        return {not_built, in_words(part.errors.front())};
    }
    if (!part.removed.is_null()) {
        return {not_built, "the folder is gone from the branch"};
    }
    if (!facts.build->folders.empty()) {
        return {not_built, name_of(*facts.build) + " was asked for other folders"};
    }
    return facts.entry ? Words{not_built, "nothing that decides its content changed"}
                       : Words{not_built, "neither the plan nor the ledger knows this folder"};
}

Words words_of_unplanned(const FolderFacts& facts) {
    const store::Build& build = *facts.build;
    if (build.state == model::BuildState::running) {
        return {waiting, name_of(build) + " is being planned"};
    }
    if (build.state == model::BuildState::queued) {
        return {
            waiting,
            name_of(build) + " waits in the queue" +
                (facts.place ? ", at place " + std::to_string(*facts.place) : std::string())
        };
    }
    const std::string ended =
        name_of(build) + " ended before it was planned: " + std::string(to_string(build.state));
    return {not_built, build.error.empty() ? ended : ended + ": " + build.error};
}

Words words_of(const FolderFacts& facts, const Part& part) {
    if (!facts.build) {
        return {not_built, "no build of this reference is known"};
    }
    if (part.step != nullptr) {
        return words_of(part);
    }
    return facts.build->plan.empty() ? words_of_unplanned(facts) : words_without_step(facts, part);
}

ordered_json list_of(const std::vector<const store::Step*>& steps) {
    ordered_json list = ordered_json::array();
    for (const store::Step* const step : steps) {
        list.push_back(
            {{"step", step->position}, {"folder", step->folder}, {"state", to_string(step->state)}}
        );
    }
    return list;
}

}  // namespace

ordered_json explain(const FolderFacts& facts) {
    const Part part = facts.build ? part_of(*facts.build, facts.folder) : Part{};
    const Words words = words_of(facts, part);
    return {
        {"repository", facts.repository},
        {"ref", or_null(facts.ref)},
        {"folder", facts.folder},
        {"verdict", words.verdict},
        {"why", words.why},
        {"build", facts.build ? to_brief_json(*facts.build) : ordered_json()},
        {"queue_position", facts.place ? ordered_json(*facts.place) : ordered_json()},
        {"step", part.step != nullptr ? to_json(*part.step) : ordered_json()},
        {"waits_for", list_of(part.waits_for)},
        {"errors", part.errors},
        {"removed", part.removed},
        {"ledger", facts.entry ? to_json(*facts.entry) : ordered_json()},
    };
}

}  // namespace slipway::api
