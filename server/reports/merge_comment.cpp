#include "server/reports/merge_comment.hpp"

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/base/utf8.hpp"
#include "core/plan/plan.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/reports/status_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::reports {
namespace {

using factory::MergePlan;
using gitlab::StatusState;
using plan::ReasonKind;

constexpr std::size_t most_rows = 100;
constexpr std::size_t most_paths = 3;
constexpr std::size_t most_lines = 20;
constexpr std::size_t shown_digits = 10;
constexpr std::size_t longest_code = 300;

/// A code span in which nothing is Markdown, also in a table.
std::string code(std::string_view text) {
    std::string span = "`";
    for (const char c : valid_utf8(text.substr(0, longest_code))) {
        if (c == '|') {
            span += "\\|";
        } else {
            span += c == '`' || (c >= '\0' && c < ' ') ? '?' : c;
        }
    }
    return span + (text.size() > longest_code ? "…`" : "`");
}

std::string count(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string paths_of(const plan::Reason& reason) {
    std::string text;
    const std::size_t shown = std::min(reason.paths.size(), most_paths);
    for (std::size_t i = 0; i < shown; ++i) {
        text += (i == 0 ? " " : ", ") + code(reason.paths[i]);
    }
    const std::size_t more = reason.paths.size() - shown + reason.more_paths;
    return more == 0 ? text : text + " and " + std::to_string(more) + " more";
}

std::string words_of(const plan::Reason& reason) {
    switch (reason.kind) {
        case ReasonKind::changed:
            return "changed:" + paths_of(reason);
        case ReasonKind::added:
            return "new";
        case ReasonKind::watched:
            return "watches" + paths_of(reason);
        case ReasonKind::base_rebuilt:
            return "built on " + code(reason.folder);
        case ReasonKind::base_moved:
            return "its base " + code(reason.reference) + " moved";
        case ReasonKind::owed:
            return "owed";
        case ReasonKind::requested:
            return "requested";
    }
    return {};
}

std::string reasons_of(const plan::Step& step) {
    std::string text;
    for (const plan::Reason& reason : step.reasons) {
        text += (text.empty() ? "" : "; ") + words_of(reason);
    }
    return text;
}

std::vector<std::string> held_of(const MergePlan& plan, const plan::Step& step) {
    std::vector<std::string> held;
    std::ranges::copy_if(step.references, std::back_inserter(held), [&](const std::string& name) {
        return plan.held.contains(name);
    });
    return held;
}

/// An image whose build will be refused.
bool needs_bump(const MergePlan& plan, const plan::Step& step) {
    return plan.refuses_overwrite && !held_of(plan, step).empty();
}

std::string version_of(const MergePlan& plan, const plan::Step& step) {
    if (!plan.is_pushed || !step.push) {
        return "built, not pushed";
    }
    std::string names;
    for (const std::string& name : held_of(plan, step)) {
        names += (names.empty() ? "" : ", ") + code(name);
    }
    if (names.empty()) {
        return plan.asked_all ? "new" : "not known: a registry did not answer";
    }
    return plan.refuses_overwrite ? "**needs a new version**: " + names + " is in the registry"
                                  : "overwrites " + names;
}

std::string table_of(const MergePlan& plan) {
    std::string text = "| # | folder | image | why | version |\n| --- | --- | --- | --- | --- |\n";
    std::size_t number = 0;
    for (const plan::Step& step : plan.plan.steps) {
        if (++number > most_rows) {
            break;
        }
        text += "| " + std::to_string(number) + " | " + code(step.folder) + " | " +
                code(step.image) + " | " + reasons_of(step) + " | " + version_of(plan, step) +
                " |\n";
    }
    const std::size_t steps = plan.plan.steps.size();
    return steps <= most_rows ? text
                              : text + "\nand " + std::to_string(steps - most_rows) + " more\n";
}

std::string list_of(const std::string& title, const std::vector<std::string>& lines) {
    if (lines.empty()) {
        return {};
    }
    std::string text = "\n" + title + "\n\n";
    const std::size_t shown = std::min(lines.size(), most_lines);
    for (std::size_t i = 0; i < shown; ++i) {
        text += "- " + code(lines[i]) + "\n";
    }
    return lines.size() == shown
               ? text
               : text + "- and " + std::to_string(lines.size() - shown) + " more\n";
}

std::string duration_of(std::chrono::milliseconds time) {
    const auto minutes = std::chrono::round<std::chrono::minutes>(time).count();
    return time < std::chrono::minutes(1) ? "under a minute"
                                          : "about " + std::to_string(minutes) + " min";
}

std::string estimate_of(const MergePlan& plan) {
    const std::size_t unknown = static_cast<std::size_t>(std::ranges::count_if(
        plan.plan.steps,
        [&](const plan::Step& step) { return !plan.durations.contains(step.folder); }
    ));
    if (plan.plan.steps.empty() || unknown == plan.plan.steps.size()) {
        return {};
    }
    const auto longest = factory::longest_chain(plan.plan, plan.durations);
    const std::string text = "\nBy past builds this takes " + duration_of(longest);
    return text + (unknown == 0
                       ? ".\n"
                       : ", without " + count(unknown, "image") + " never built before.\n");
}

std::vector<std::string> errors_of(const plan::Plan& plan) {
    std::vector<std::string> lines;
    lines.reserve(plan.errors.size());
    for (const SourceError& error : plan.errors) {
        lines.push_back(to_string(error));
    }
    return lines;
}

std::vector<std::string> removed_of(const plan::Plan& plan) {
    std::vector<std::string> lines;
    lines.reserve(plan.removed.size());
    for (const plan::Removed& removed : plan.removed) {
        lines.push_back(
            removed.folder + (removed.moved_to.empty() ? "" : " (now " + removed.moved_to + ")")
        );
    }
    return lines;
}

std::string headline_of(const MergePlan& plan) {
    if (!plan.conflicts.empty()) {
        return "this can't be merged as it is";
    }
    const std::size_t steps = plan.plan.steps.size();
    return steps == 0 ? "merging this builds no image"
                      : "merging this builds " + count(steps, "image");
}

std::string head_of(std::string_view repository, const std::string& headline) {
    return plan_marker(repository) + "\n### slipway: " + headline + "\n\n";
}

std::size_t bumps_of(const MergePlan& plan) {
    return static_cast<std::size_t>(std::ranges::count_if(
        plan.plan.steps, [&](const plan::Step& step) { return needs_bump(plan, step); }
    ));
}

}  // namespace

std::string plan_marker(std::string_view repository) {
    return "<!-- slipway:plan " + std::string(repository) + " -->";
}

std::string comment_of(const MergePlan& plan, std::string_view repository) {
    std::string text = head_of(repository, headline_of(plan));
    text += plan.plan.steps.empty() ? std::string() : table_of(plan);
    text += estimate_of(plan);
    text += list_of(
        "Both sides changed these; the plan is made once they can be merged:", plan.conflicts
    );
    text += list_of("These can't be built:", errors_of(plan.plan));
    text += list_of("Gone, and not built any more:", removed_of(plan.plan));
    return text + "\n<sub>" + code(plan.commit.substr(0, shown_digits)) + " merged into " +
           code(plan.target_branch) + " at " + code(plan.target_commit.substr(0, shown_digits)) +
           "; this note is updated.</sub>\n";
}

std::string comment_of(const Error& error, std::string_view repository) {
    return head_of(repository, "there is no plan of this") + code(fit(error.message)) + "\n";
}

gitlab::CommitStatus status_of(const MergePlan& plan) {
    const std::size_t bumps = bumps_of(plan);
    const bool is_good = plan.conflicts.empty() && plan.plan.errors.empty() && bumps == 0;
    std::string words = headline_of(plan);
    if (!plan.plan.errors.empty()) {
        words += ", " + count(plan.plan.errors.size(), "error");
    }
    if (bumps > 0) {
        words += ", " + count(bumps, "version") + " to raise";
    }
    return {
        .commit = plan.commit,
        .state = is_good ? StatusState::success : StatusState::failed,
        .name = "slipway/plan",
        .description = fit(words),
    };
}

gitlab::CommitStatus status_of(const Error& error, std::string_view commit) {
    return {
        .commit = std::string(commit),
        .state = StatusState::failed,
        .name = "slipway/plan",
        .description = fit(error.message),
    };
}

}  // namespace slipway::reports
