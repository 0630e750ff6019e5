#include "core/plan/plan_json.hpp"

#include "core/base/source_error.hpp"
#include "core/plan/plan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::plan {
namespace {

using nlohmann::ordered_json;

std::string short_digest(const std::string& digest) {
    constexpr std::size_t shown = std::string_view("sha256:0123456789").size();
    return digest.substr(0, shown);
}

template <class Values>
ordered_json to_list(const Values& values) {
    ordered_json list = ordered_json::array();
    for (const auto& value : values) {
        list.push_back(to_json(value));
    }
    return list;
}

constexpr std::array reason_kinds = {
    ReasonKind::changed,
    ReasonKind::added,
    ReasonKind::watched,
    ReasonKind::base_rebuilt,
    ReasonKind::base_moved,
    ReasonKind::owed,
    ReasonKind::requested,
};

/// An absent key and `null` are the same.
template <class Value>
Value get_or_empty(const ordered_json& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() || found->is_null() ? Value{} : found->template get<Value>();
}

std::vector<Reason> read_reasons(const ordered_json& json) {
    std::vector<Reason> reasons;
    for (const ordered_json& entry : json) {
        if (auto reason = reason_from_json(entry)) {
            reasons.push_back(*std::move(reason));
        }
    }
    return reasons;
}

Step read_step(const ordered_json& json) {
    Step step;
    step.folder = json.at("folder").get<std::string>();
    step.image = get_or_empty<std::string>(json, "image");
    step.references = get_or_empty<std::vector<std::string>>(json, "references");
    step.level = get_or_empty<unsigned>(json, "level");
    step.needs = get_or_empty<std::vector<std::string>>(json, "needs");
    step.push = json.value("push", true);
    step.reasons = read_reasons(json.at("reasons"));
    return step;
}

Removed read_removed(const ordered_json& json) {
    return {
        json.at("folder").get<std::string>(),
        get_or_empty<std::string>(json, "image"),
        get_or_empty<std::string>(json, "moved_to")
    };
}

SourceError read_error(const ordered_json& json) {
    SourceError error;
    json.at("path").get_to(error.path);
    json.at("line").get_to(error.line);
    json.at("column").get_to(error.column);
    json.at("message").get_to(error.message);
    return error;
}

template <class Read>
auto read_list(const ordered_json& json, const char* key, Read read) {
    std::vector<decltype(read(json))> list;
    const auto found = json.find(key);
    if (found != json.end()) {
        for (const ordered_json& entry : *found) {
            list.push_back(read(entry));
        }
    }
    return list;
}

Plan read_plan(const ordered_json& json) {
    Plan plan;
    plan.repository = get_or_empty<std::string>(json, "repository");
    plan.before = get_or_empty<std::string>(json, "before");
    plan.after = get_or_empty<std::string>(json, "after");
    if (const auto base = json.find("base"); base != json.end()) {
        plan.base_commit = get_or_empty<std::string>(*base, "commit");
        plan.base_rule = get_or_empty<std::string>(*base, "rule");
    }
    plan.steps = read_list(json, "steps", read_step);
    plan.removed = read_list(json, "removed", read_removed);
    plan.unchanged = get_or_empty<std::size_t>(json, "unchanged");
    plan.errors = read_list(json, "errors", read_error);
    return plan;
}

}  // namespace

ordered_json to_json(const Step& step) {
    return {
        {"folder", step.folder},
        {"image", step.image},
        {"references", step.references},
        {"level", step.level},
        {"needs", step.needs},
        {"push", step.push},
        {"reasons", to_list(step.reasons)},
    };
}

ordered_json to_json(const Reason& reason) {
    ordered_json json = {{"kind", to_string(reason.kind)}};
    switch (reason.kind) {
        case ReasonKind::changed:
        case ReasonKind::watched:
            json["paths"] = reason.paths;
            json["more_paths"] = reason.more_paths;
            break;
        case ReasonKind::base_rebuilt:
            json["folder"] = reason.folder;
            break;
        case ReasonKind::base_moved:
            json["reference"] = reason.reference;
            json["from"] = reason.from;
            json["to"] = reason.to;
            break;
        case ReasonKind::owed:
            json["since"] = or_null(reason.since);
            json["why"] = reason.why;
            break;
        case ReasonKind::added:
        case ReasonKind::requested:
            break;
    }
    return json;
}

std::optional<Reason> reason_from_json(const ordered_json& json) {
    const auto kind = get_or_empty<std::string>(json, "kind");
    const auto* const found =
        std::ranges::find(reason_kinds, kind, [](ReasonKind of) { return to_string(of); });
    if (found == reason_kinds.end()) {
        return std::nullopt;
    }
    return Reason{
        .kind = *found,
        .paths = get_or_empty<std::vector<std::string>>(json, "paths"),
        .more_paths = get_or_empty<std::size_t>(json, "more_paths"),
        .folder = get_or_empty<std::string>(json, "folder"),
        .reference = get_or_empty<std::string>(json, "reference"),
        .from = get_or_empty<std::string>(json, "from"),
        .to = get_or_empty<std::string>(json, "to"),
        .since = get_or_empty<std::string>(json, "since"),
        .why = get_or_empty<std::string>(json, "why"),
    };
}

std::optional<Plan> plan_from_json(const ordered_json& json) {
    try {
        return read_plan(json);
    } catch (const ordered_json::exception&) {
        return std::nullopt;
    }
}

ordered_json to_json(const Removed& removed) {
    return {
        {"folder", removed.folder},
        {"image", removed.image},
        {"moved_to", or_null(removed.moved_to)}
    };
}

ordered_json to_json(const SourceError& error) {
    return {
        {"path", error.path},
        {"line", error.line},
        {"column", error.column},
        {"message", error.message}
    };
}

ordered_json or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json to_json(const Plan& plan) {
    return {
        {"repository", plan.repository},
        {"before", plan.before},
        {"after", plan.after},
        {"base", {{"commit", or_null(plan.base_commit)}, {"rule", plan.base_rule}}},
        {"steps", to_list(plan.steps)},
        {"removed", to_list(plan.removed)},
        {"unchanged", plan.unchanged},
        {"errors", to_list(plan.errors)},
    };
}

std::string in_words(const Reason& reason) {
    const auto listed = [&](std::string text) {
        const std::size_t more =
            reason.more_paths + (reason.paths.empty() ? 0 : reason.paths.size() - 1);
        text += reason.paths.empty() ? "" : ": " + reason.paths.front();
        return more == 0 ? text : text + " and " + std::to_string(more) + " more";
    };
    switch (reason.kind) {
        case ReasonKind::changed:
            return listed("changed");
        case ReasonKind::added:
            return "new image";
        case ReasonKind::watched:
            return listed("watched file changed");
        case ReasonKind::base_rebuilt:
            return "built on " + reason.folder;
        case ReasonKind::base_moved:
            return reason.reference + " moved: " + short_digest(reason.from) + " → " +
                   short_digest(reason.to);
        case ReasonKind::owed:
            return "owed" + (reason.since.empty() ? "" : " since " + reason.since) + ": " +
                   reason.why;
        case ReasonKind::requested:
            return "requested";
    }
    return "";
}

}  // namespace slipway::plan
