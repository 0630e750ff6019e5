#include "core/plan/plan_json.hpp"

#include "core/base/source_error.hpp"
#include "core/plan/plan.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::plan {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

std::string short_digest(const std::string& digest) {
    constexpr std::size_t shown = std::string_view("sha256:0123456789").size();
    return digest.substr(0, shown);
}

template <class Values, class Convert>
ordered_json to_list(const Values& values, Convert convert) {
    ordered_json list = ordered_json::array();
    for (const auto& value : values) {
        list.push_back(convert(value));
    }
    return list;
}

ordered_json step_json(const Step& step) {
    return {
        {"folder", step.folder},
        {"image", step.image},
        {"references", step.references},
        {"level", step.level},
        {"needs", step.needs},
        {"push", step.push},
        {"reasons", to_list(step.reasons, [](const Reason& reason) { return to_json(reason); })},
    };
}

ordered_json removed_json(const Removed& removed) {
    return {
        {"folder", removed.folder},
        {"image", removed.image},
        {"moved_to", or_null(removed.moved_to)}
    };
}

ordered_json error_json(const SourceError& error) {
    return {
        {"path", error.path},
        {"line", error.line},
        {"column", error.column},
        {"message", error.message}
    };
}

}  // namespace

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

ordered_json to_json(const Plan& plan) {
    return {
        {"repository", plan.repository},
        {"before", plan.before},
        {"after", plan.after},
        {"base", {{"commit", or_null(plan.base_commit)}, {"rule", plan.base_rule}}},
        {"steps", to_list(plan.steps, step_json)},
        {"removed", to_list(plan.removed, removed_json)},
        {"unchanged", plan.unchanged},
        {"errors", to_list(plan.errors, error_json)},
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
