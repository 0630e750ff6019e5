#include "core/plan/explain.hpp"

#include "core/base/source_error.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/cycles.hpp"
#include "core/catalog/image.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::plan {
namespace {

std::string tree_of(const catalog::Catalog& catalog, std::string_view folder) {
    const auto image = catalog.find(catalog::stored_folder(folder));
    return image ? to_string(catalog.tree(*image)) : std::string();
}

/// Why nothing can be built of it, whatever changed.
std::vector<Cause> find_obstacles(const ExplainInput& input) {
    if (input.is_ref_ignored) {
        return {RefIgnored{input.ref}};
    }
    if (input.removed) {
        return {*input.removed};
    }
    if (input.is_commit_known && input.subject.after_tree.empty()) {
        return {NoFolder{}};
    }
    std::vector<Cause> causes;
    causes.reserve(input.errors.size());
    for (const SourceError& error : input.errors) {
        causes.emplace_back(Broken{error, catalog::is_cycle(error)});
    }
    return causes;
}

Cause why_unchanged(const ExplainInput& input) {
    if (!input.same_input.empty()) {
        return SameInput{input.same_input};
    }
    if (input.not_planned) {
        return *input.not_planned;
    }
    if (input.passed_over) {
        return *input.passed_over;
    }
    if (!input.is_for_others && input.subject.before_tree == input.subject.after_tree) {
        return SameContent{input.subject.after_tree, input.pushed_commit, input.pushed_build};
    }
    return NotAsked{};
}

/// Of an image that can be built.
void judge(const ExplainInput& input, Explanation& explanation) {
    if (!input.waits.empty()) {
        explanation.verdict = Verdict::waiting;
        explanation.causes.assign(input.waits.begin(), input.waits.end());
        explanation.estimate = estimate(input.past);
    } else if (input.ended) {
        explanation.causes = {*input.ended};
        explanation.causes.insert(
            explanation.causes.end(), input.reasons.begin(), input.reasons.end()
        );
    } else if (!input.reasons.empty() && input.same_input.empty()) {
        explanation.verdict = Verdict::built;
        explanation.causes.assign(input.reasons.begin(), input.reasons.end());
    } else {
        explanation.causes = {why_unchanged(input)};
    }
    if (!input.is_ref_pushed) {
        explanation.causes.emplace_back(NotPushed{input.ref});
    }
}

/// What the plan tells, whatever its commits do.
ExplainInput planned_facts(const Plan& plan, std::string_view folder) {
    ExplainInput facts;
    facts.subject.folder = folder;
    facts.subject.before = plan.base_commit;
    facts.subject.after = plan.after;
    const auto step = std::ranges::find(plan.steps, folder, &Step::folder);
    if (step != plan.steps.end()) {
        facts.reasons = step->reasons;
        facts.subject.image = step->image;
    }
    const auto removed = std::ranges::find(plan.removed, folder, &Removed::folder);
    if (removed != plan.removed.end()) {
        facts.removed = *removed;
        facts.subject.image = removed->image;
    }
    return facts;
}

/// `python/manifest.yml` is of `python`; of the root is what lies in no folder.
bool is_in(std::string_view path, std::string_view folder) {
    const std::string prefix = std::string(folder) + "/";
    return folder == "." ? !path.contains('/') : path.starts_with(prefix);
}

}  // namespace

ExplainInput facts_of(const Plan& plan, std::string_view folder) {
    ExplainInput facts = planned_facts(plan, folder);
    facts.is_commit_known = false;
    std::ranges::copy_if(
        plan.errors,
        std::back_inserter(facts.errors),
        [folder](const SourceError& error) { return is_in(error.path, folder); }
    );
    return facts;
}

ExplainInput facts_of(const Sides& sides, const Plan& plan, std::string_view folder) {
    ExplainInput facts = planned_facts(plan, folder);
    facts.subject.before_tree = tree_of(sides.before, folder);
    facts.subject.after_tree = tree_of(sides.after, folder);
    if (const auto index = sides.after.find(catalog::stored_folder(folder))) {
        const catalog::Image image = sides.after.image(*index);
        facts.errors = image.errors;
        facts.subject.image = image.manifest ? image.reference() : image.name;
    }
    return facts;
}

Explanation explain(const ExplainInput& input) {
    Explanation explanation{.subject = input.subject, .causes = find_obstacles(input)};
    if (explanation.causes.empty()) {
        judge(input, explanation);
    }
    return explanation;
}

std::optional<std::chrono::seconds> estimate(std::vector<std::chrono::seconds> past) {
    if (past.empty()) {
        return std::nullopt;
    }
    std::ranges::sort(past);
    const std::size_t middle = past.size() / 2;
    return past.size() % 2 == 1 ? past[middle] : (past[middle - 1] + past[middle]) / 2;
}

}  // namespace slipway::plan
