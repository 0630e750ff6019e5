#include "core/plan/make_plan.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/source_tree.hpp"
#include "core/plan/changes.hpp"
#include "core/plan/owed.hpp"
#include "core/plan/plan.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace slipway::plan {
namespace {

Reason reason_of(ReasonKind kind, std::string folder = {}) {
    return {.kind = kind, .paths = {}, .more_paths = 0, .folder = std::move(folder)};
}

Reasons find_requested(
    const catalog::Catalog& catalog, const std::vector<std::string>& folders, Plan& plan
) {
    Reasons reasons;
    for (const std::string& folder : folders) {
        const auto image = catalog.find(catalog::stored_folder(folder));
        if (!image) {
            plan.errors.push_back({folder, 1, 1, "no image folder of this name at this commit"});
            continue;
        }
        reasons[static_cast<std::uint32_t>(*image)].push_back(reason_of(ReasonKind::requested));
    }
    return reasons;
}

/// What changed, then what the branch owes beside it.
Result<Reasons> find_reasons(
    git::SourceTree& tree, const Sides& sides, const PlanOptions& options
) {
    auto reasons = find_changes(tree, sides);
    if (!reasons) {
        return reasons;
    }
    reasons->merge(find_owed(sides.after, options.owed));
    if (options.last) {
        auto missed = find_missed(tree, sides, *options.last);
        if (!missed) {
            return missed;
        }
        reasons->merge(std::move(*missed));
    }
    return reasons;
}

/// Takes out what can't be built, then adds what is built on the rest, transitively.
void add_dependents(const catalog::Catalog& catalog, Reasons& reasons) {
    std::erase_if(reasons, [&](const auto& entry) { return catalog.is_broken(entry.first); });
    std::deque<std::uint32_t> open;
    for (const auto& [image, why] : reasons) {
        open.push_back(image);
    }
    while (!open.empty()) {
        const std::uint32_t parent = open.front();
        open.pop_front();
        for (const std::uint32_t dependent : catalog.dependents(parent)) {
            if (catalog.is_broken(dependent)) {
                continue;
            }
            const auto [found, fresh] = reasons.try_emplace(dependent);
            found->second.push_back(
                reason_of(ReasonKind::base_rebuilt, catalog::shown_folder(catalog.folder(parent)))
            );
            if (fresh) {
                open.push_back(dependent);
            }
        }
    }
}

using Levels = std::map<std::uint32_t, unsigned>;

/// Kahn's algorithm over the planned images. None is left over: images on cycles are broken and so
/// never planned.
Levels find_levels(const catalog::Catalog& catalog, const Reasons& reasons) {
    Levels levels;
    std::map<std::uint32_t, std::size_t> missing;
    std::deque<std::uint32_t> ready;
    for (const auto& [image, why] : reasons) {
        const auto needs = std::ranges::count_if(catalog.parents(image), [&](std::uint32_t parent) {
            return reasons.contains(parent);
        });
        missing[image] = static_cast<std::size_t>(needs);
        if (needs == 0) {
            ready.push_back(image);
        }
    }
    while (!ready.empty()) {
        const std::uint32_t image = ready.front();
        ready.pop_front();
        const unsigned level = levels[image];
        for (const std::uint32_t dependent : catalog.dependents(image)) {
            if (!reasons.contains(dependent)) {
                continue;
            }
            levels[dependent] = std::max(levels[dependent], level + 1);
            if (--missing[dependent] == 0) {
                ready.push_back(dependent);
            }
        }
    }
    return levels;
}

std::string replace_version(std::string_view text, std::string_view version) {
    constexpr std::string_view place = "{version}";
    std::string replaced(text);
    for (std::size_t at = replaced.find(place); at != std::string::npos;
         at = replaced.find(place, at + version.size())) {
        replaced.replace(at, place.size(), version);
    }
    return replaced;
}

std::vector<std::string> find_references(
    const catalog::Image& image, const std::vector<std::string>& tag_templates
) {
    std::vector<std::string> references;
    const auto add = [&](const std::string& tag) {
        std::string reference = image.name + ":" + tag;
        if (std::ranges::find(references, reference) == references.end()) {
            references.push_back(std::move(reference));
        }
    };
    for (const std::string& tag : tag_templates) {
        add(replace_version(tag, image.manifest->version));
    }
    for (const std::string& tag : image.manifest->tags) {
        add(tag);
    }
    return references;
}

Step make_step(
    const catalog::Catalog& catalog,
    std::uint32_t index,
    unsigned level,
    const Reasons& reasons,
    const std::vector<std::string>& tag_templates
) {
    const catalog::Image image = catalog.image(index);
    Step step;
    step.folder = catalog::shown_folder(image.folder);
    step.image = image.reference();
    step.references = find_references(image, tag_templates);
    step.level = level;
    step.push = image.manifest->push;
    for (const std::uint32_t parent : catalog.parents(index)) {
        if (reasons.contains(parent)) {
            step.needs.push_back(catalog::shown_folder(catalog.folder(parent)));
        }
    }
    std::ranges::sort(step.needs);
    step.reasons = reasons.at(index);
    std::ranges::stable_sort(step.reasons, [](const Reason& left, const Reason& right) {
        return std::tie(left.kind, left.folder) < std::tie(right.kind, right.folder);
    });
    return step;
}

std::size_t count_sound(const catalog::Catalog& catalog) {
    std::size_t sound = 0;
    for (std::size_t i = 0; i < catalog.size(); ++i) {
        sound += catalog.is_broken(i) ? 0 : 1;
    }
    return sound;
}

}  // namespace

std::string_view to_string(ReasonKind kind) {
    switch (kind) {
        case ReasonKind::changed:
            return "changed";
        case ReasonKind::added:
            return "added";
        case ReasonKind::watched:
            return "watched";
        case ReasonKind::base_rebuilt:
            return "base_rebuilt";
        case ReasonKind::base_moved:
            return "base_moved";
        case ReasonKind::owed:
            return "owed";
        case ReasonKind::requested:
            return "requested";
    }
    return "";
}

Result<Plan> make_plan(git::SourceTree& tree, const Sides& sides, const PlanOptions& options) {
    Plan plan;
    auto found = options.folders.empty()
                     ? find_reasons(tree, sides, options)
                     : Result<Reasons>(find_requested(sides.after, options.folders, plan));
    if (!found) {
        return std::unexpected(found.error());
    }
    Reasons& reasons = *found;
    add_dependents(sides.after, reasons);
    const Levels levels = find_levels(sides.after, reasons);
    plan.steps.reserve(levels.size());
    for (const auto& [image, level] : levels) {
        plan.steps.push_back(make_step(sides.after, image, level, reasons, options.tag_templates));
    }
    std::ranges::stable_sort(plan.steps, {}, &Step::level);
    plan.removed = find_removed(sides);
    plan.unchanged = count_sound(sides.after) - plan.steps.size();
    const auto errors = sides.after.errors();
    plan.errors.insert(plan.errors.end(), errors.begin(), errors.end());
    return plan;
}

}  // namespace slipway::plan
