#include "core/plan/explain_json.hpp"

#include "core/base/source_error.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::plan {
namespace {

using nlohmann::ordered_json;

std::string short_id(const std::string& id) {
    constexpr std::size_t shown = 10;
    return id.substr(0, shown);
}

ordered_json id_or_null(BuildId build) {
    return build.value == 0 ? ordered_json(nullptr) : ordered_json(build.value);
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : ", ") + text;
    }
    return all;
}

// One pair a cause: its fields, and itself in words.

ordered_json fields(const Reason& reason) {
    return to_json(reason);
}

std::string words(const Reason& reason) {
    return in_words(reason);
}

ordered_json fields(const Removed& removed) {
    ordered_json json = {{"kind", "removed"}};
    json["moved_to"] = or_null(removed.moved_to);
    return json;
}

std::string words(const Removed& removed) {
    return removed.moved_to.empty() ? "removed" : "moved to " + removed.moved_to;
}

ordered_json fields(const SameContent& same) {
    return {
        {"kind", "same_content"},
        {"tree", or_null(same.tree)},
        {"commit", or_null(same.commit)},
        {"build", id_or_null(same.build)}
    };
}

std::string words(const SameContent& same) {
    std::string text = "same content as before";
    text += same.commit.empty() ? "" : ", pushed from " + short_id(same.commit);
    return text + (same.build.value == 0 ? "" : " by build " + std::to_string(same.build.value));
}

ordered_json fields(const SameInput& same) {
    return {{"kind", "same_input"}, {"input_id", same.input_id}};
}

std::string words(const SameInput& same) {
    return "what decides its content is pushed already (input id " + short_id(same.input_id) + ")";
}

ordered_json fields(const NoFolder& /*none*/) {
    return {{"kind", "no_folder"}};
}

std::string words(const NoFolder& /*none*/) {
    return "no image folder of this name at this commit";
}

ordered_json fields(const Broken& broken) {
    ordered_json json = {{"kind", broken.is_cycle ? "cycle" : "error"}};
    json.update(to_json(broken.error));
    return json;
}

std::string words(const Broken& broken) {
    return to_string(broken.error);
}

ordered_json fields(const RefIgnored& ignored) {
    return {{"kind", "ref_ignored"}, {"ref", ignored.ref}};
}

std::string words(const RefIgnored& ignored) {
    return "no branch rule matches " + ignored.ref;
}

ordered_json fields(const NotPushed& not_pushed) {
    return {{"kind", "not_pushed"}, {"ref", not_pushed.ref}};
}

std::string words(const NotPushed& not_pushed) {
    return "the branch rule of " + not_pushed.ref + " pushes nothing";
}

ordered_json fields(const NotAsked& /*none*/) {
    return {{"kind", "not_asked"}};
}

std::string words(const NotAsked& /*none*/) {
    return "the build is for other folders";
}

ordered_json fields(const Ended& ended) {
    return {{"kind", to_string(ended.state)}, {"error", or_null(ended.error)}};
}

std::string words(const Ended& ended) {
    const std::string state(to_string(ended.state));
    return ended.error.empty() ? state : state + ": " + ended.error;
}

ordered_json fields(const NotPlanned& none) {
    return {
        {"kind", "not_planned"},
        {"build", none.build.value},
        {"state", to_string(none.state)},
        {"error", or_null(none.error)}
    };
}

std::string words(const NotPlanned& none) {
    const std::string text = "build " + std::to_string(none.build.value) +
                             " ended before it was planned: " + std::string(to_string(none.state));
    return none.error.empty() ? text : text + ": " + none.error;
}

ordered_json fields(const PassedOver& over) {
    return {{"kind", "passed_over"}, {"build", over.build.value}, {"commit", over.commit}};
}

std::string words(const PassedOver& over) {
    return "the branch went on to " + short_id(over.commit) + ", which is what build " +
           std::to_string(over.build.value) + " is of";
}

ordered_json fields(const InQueue& queue) {
    return {{"kind", "in_queue"}, {"position", queue.position}};
}

std::string words(const InQueue& queue) {
    return "number " + std::to_string(queue.position) + " in the queue";
}

ordered_json fields(const NeedsParents& needs) {
    return {{"kind", "needs_parents"}, {"folders", needs.folders}};
}

std::string words(const NeedsParents& needs) {
    return "built after " + joined(needs.folders);
}

ordered_json fields(const NoPlace& /*none*/) {
    return {{"kind", "no_place"}};
}

std::string words(const NoPlace& /*none*/) {
    return "no engine has a free place";
}

ordered_json fields(const BackOff& back_off) {
    return {{"kind", "back_off"}, {"until", back_off.until}, {"why", back_off.why}};
}

std::string words(const BackOff& back_off) {
    return "tried again at " + back_off.until + ": " + back_off.why;
}

ordered_json fields(const RegistryAway& away) {
    return {{"kind", "registry_away"}, {"registry", away.registry}, {"until", away.until}};
}

std::string words(const RegistryAway& away) {
    return away.registry + " fails too often, and is not asked until " + away.until;
}

ordered_json fields(const RepositoryBusy& busy) {
    return {{"kind", "repository_busy"}, {"build", busy.build.value}};
}

std::string words(const RepositoryBusy& busy) {
    return "build " + std::to_string(busy.build.value) + " of this repository is running";
}

ordered_json fields(const BeingPlanned& planned) {
    return {{"kind", "being_planned"}, {"build", planned.build.value}};
}

std::string words(const BeingPlanned& planned) {
    return "build " + std::to_string(planned.build.value) + " is being planned";
}

ordered_json fields(const Wait& wait) {
    return std::visit([](const auto& why) { return fields(why); }, wait);
}

std::string words(const Wait& wait) {
    return std::visit([](const auto& why) { return words(why); }, wait);
}

ordered_json cause_json(const Cause& cause) {
    ordered_json json = std::visit([](const auto& why) { return fields(why); }, cause);
    json["words"] = in_words(cause);
    return json;
}

std::string_view verb_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::built:
            return "is built";
        case Verdict::not_built:
            return "is not built";
        case Verdict::waiting:
            return "waits";
    }
    return "";
}

/// Old and new content, where there are two to tell apart.
std::string trees_in_words(const Subject& subject) {
    if (subject.before_tree.empty() || subject.after_tree.empty()) {
        return {};
    }
    const std::string before = "  tree " + short_id(subject.before_tree);
    const bool same = subject.before_tree == subject.after_tree;
    return before + (same ? ", as before" : " → " + short_id(subject.after_tree)) + "\n";
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::built:
            return "built";
        case Verdict::not_built:
            return "not_built";
        case Verdict::waiting:
            return "waiting";
    }
    return "";
}

ordered_json to_json(const Explanation& explanation) {
    const Subject& subject = explanation.subject;
    ordered_json causes = ordered_json::array();
    for (const Cause& cause : explanation.causes) {
        causes.push_back(cause_json(cause));
    }
    ordered_json json = {
        {"folder", subject.folder},
        {"image", or_null(subject.image)},
        {"before", or_null(subject.before)},
        {"after", subject.after},
        {"tree", {{"before", or_null(subject.before_tree)}, {"after", or_null(subject.after_tree)}}
        },
        {"verdict", to_string(explanation.verdict)},
        {"causes", std::move(causes)},
        {"estimate_seconds", nullptr}
    };
    if (explanation.estimate) {
        json["estimate_seconds"] = explanation.estimate->count();
    }
    return json;
}

std::string in_words(const Cause& cause) {
    return std::visit([](const auto& why) { return words(why); }, cause);
}

std::string in_words(const Explanation& explanation) {
    const Subject& subject = explanation.subject;
    std::string text = subject.folder;
    text += subject.image.empty() ? " " : " (" + subject.image + ") ";
    text += std::string(verb_of(explanation.verdict)) + ":\n";
    for (const Cause& cause : explanation.causes) {
        text += "  " + in_words(cause) + "\n";
    }
    text += trees_in_words(subject);
    if (explanation.estimate) {
        text += "  usually takes " + std::to_string(explanation.estimate->count()) + " s\n";
    }
    return text;
}

}  // namespace slipway::plan
