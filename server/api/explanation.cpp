#include "server/api/explanation.hpp"

#include "core/model/build_state.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/explain_json.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "server/api/build_json.hpp"
#include "server/api/json_fields.hpp"
#include "server/api/ledger_json.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using model::BuildState;
using model::StepState;
using nlohmann::ordered_json;

bool is_done(const store::Step& step) {
    return step.state == StepState::pushed || step.state == StepState::unchanged ||
           (step.state == StepState::built && !step.push);
}

const store::Step* find_step(const store::Build& build, const std::string& folder) {
    const auto found = std::ranges::find(build.steps, folder, &store::Step::folder);
    return found == build.steps.end() ? nullptr : &*found;
}

std::vector<plan::Reason> reasons_of(const store::Step& step) {
    std::vector<plan::Reason> reasons;
    try {
        for (const ordered_json& json : parsed(step.reasons)) {
            if (auto reason = plan::reason_from_json(json)) {
                reasons.push_back(*std::move(reason));
            }
        }
    } catch (const ordered_json::exception&) {
        return {};  // a damaged store is shown as far as it can be read
    }
    return reasons;
}

std::vector<std::string> undone_needs(const store::Build& build, const store::Step& step) {
    std::vector<std::string> folders;
    for (const store::Step& other : build.steps) {
        const bool is_need = std::ranges::find(step.needs, other.position) != step.needs.end();
        if (is_need && !is_done(other)) {
            folders.push_back(other.folder);
        }
    }
    return folders;
}

/// What a step that nobody works on waits for.
std::vector<plan::Wait> waits_of(const ImageFacts& facts, const store::Step& step) {
    if (auto undone = undone_needs(*facts.build, step); !undone.empty()) {
        return {plan::NeedsParents{std::move(undone)}};
    }
    std::vector<plan::Wait> waits;
    if (facts.blocked_until) {
        waits.emplace_back(plan::RegistryAway{
            step.image.substr(0, step.image.find('/')), rfc3339(*facts.blocked_until)
        });
    }
    if (step.not_before && *step.not_before > facts.now) {
        const std::string& why = step.error.empty() ? step.note : step.error;
        waits.emplace_back(plan::BackOff{rfc3339(*step.not_before), why});
    }
    if (waits.empty() && step.state != StepState::built) {
        waits.emplace_back(plan::NoPlace{});
    }
    return waits;
}

void add_step(plan::ExplainInput& input, const ImageFacts& facts, const store::Step& step) {
    input.reasons = reasons_of(step);
    input.subject.image = step.image;
    if (!input.is_commit_known) {
        input.subject.after_tree = step.tree;
    }
    switch (step.state) {
        case StepState::waiting:
        case StepState::ready:
            input.waits = waits_of(facts, step);
            break;
        case StepState::built:
            input.waits = step.push ? waits_of(facts, step) : std::vector<plan::Wait>();
            break;
        case StepState::unchanged:
            input.same_input = step.input_id;
            break;
        case StepState::failed:
        case StepState::cancelled:
        case StepState::skipped:
            input.ended = plan::Ended{step.state, step.error};
            break;
        case StepState::building:
        case StepState::pushing:
        case StepState::pushed:
            break;
    }
}

/// Of a build that has no plan.
void add_unplanned(plan::ExplainInput& input, const ImageFacts& facts) {
    const store::Build& build = *facts.build;
    if (build.state == BuildState::running) {
        input.waits = {plan::BeingPlanned{build.id}};
    } else if (build.state != BuildState::queued) {
        input.not_planned = plan::NotPlanned{build.id, build.state, build.error};
    } else if (!build.error.empty()) {
        // Somebody cancelled it; it is planned so that what it was to push is owed.
        input.not_planned = plan::NotPlanned{build.id, BuildState::cancelled, build.error};
    } else {
        input.waits = {plan::InQueue{facts.place.value_or(1)}};
        if (facts.busy) {
            input.waits.emplace_back(plan::RepositoryBusy{*facts.busy});
        }
    }
}

void add_build(plan::ExplainInput& input, const ImageFacts& facts) {
    const store::Build& build = *facts.build;
    const std::string& folder = input.subject.folder;
    if (const store::Step* const step = find_step(build, folder)) {
        add_step(input, facts, *step);
        return;
    }
    input.is_for_others =
        !build.folders.empty() && std::ranges::find(build.folders, folder) == build.folders.end();
    if (build.plan.empty()) {
        add_unplanned(input, facts);
    }
}

void add_pushed(plan::ExplainInput& input, const store::LedgerEntry& entry) {
    const bool is_same = entry.tree == input.subject.after_tree;
    if (entry.commit.empty() || (input.is_commit_known && !is_same)) {
        return;
    }
    input.pushed_commit = entry.commit;
    input.pushed_build = entry.build.value_or(BuildId{});
}

std::string in_one_line(const plan::Explanation& explanation) {
    std::string line;
    for (const plan::Cause& cause : explanation.causes) {
        line.append(line.empty() ? "" : "; ").append(plan::in_words(cause));
    }
    return line;
}

}  // namespace

void add_facts(plan::ExplainInput& input, const ImageFacts& facts) {
    input.ref = facts.ref;
    for (const std::chrono::milliseconds past : facts.past) {
        input.past.push_back(std::chrono::round<std::chrono::seconds>(past));
    }
    if (facts.build && !input.passed_over) {
        add_build(input, facts);
    }
    if (facts.entry) {
        add_pushed(input, *facts.entry);
    }
}

ordered_json to_json(const plan::Explanation& explanation, const ImageFacts& facts) {
    ordered_json json = {{"repository", facts.repository}, {"ref", or_null(facts.ref)}};
    json.update(plan::to_json(explanation));
    json["why"] = in_one_line(explanation);
    const store::Step* const step =
        facts.build ? find_step(*facts.build, explanation.subject.folder) : nullptr;
    json["build"] = facts.build ? to_brief_json(*facts.build) : ordered_json();
    json["step"] = step != nullptr ? to_json(*step) : ordered_json();
    json["ledger"] = facts.entry ? to_json(*facts.entry) : ordered_json();
    return json;
}

}  // namespace slipway::api
