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
    const auto* const found = std::ranges::find(reason_kinds, kind, &to_string);
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
