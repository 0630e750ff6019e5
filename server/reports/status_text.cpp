#include "server/reports/status_text.hpp"

#include "core/base/strong_id.hpp"
#include "core/base/utf8.hpp"
#include "core/model/build_state.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::reports {
namespace {

using gitlab::StatusState;
using model::BuildState;
using model::StepState;

constexpr std::size_t most_bytes = 255;

StatusState state_of(BuildState state) {
    switch (state) {
        case BuildState::queued:
            return StatusState::pending;
        case BuildState::running:
            return StatusState::running;
        case BuildState::succeeded:
            return StatusState::success;
        case BuildState::failed:
            return StatusState::failed;
        case BuildState::cancelled:
        case BuildState::superseded:
            return StatusState::canceled;
    }
    return StatusState::failed;
}

StatusState state_of(const store::Step& step) {
    switch (step.state) {
        case StepState::waiting:
        case StepState::ready:
            return StatusState::pending;
        case StepState::built:
            return step.push ? StatusState::running : StatusState::success;
        case StepState::building:
        case StepState::pushing:
            return StatusState::running;
        case StepState::pushed:
        case StepState::unchanged:
            return StatusState::success;
        case StepState::failed:
            return StatusState::failed;
        case StepState::cancelled:
        case StepState::skipped:
            return StatusState::canceled;
    }
    return StatusState::failed;
}

std::string count(std::size_t number, std::string_view what) {
    return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

/// `3 images pushed, 1 unchanged`.
std::string outcome_of(const store::Build& build) {
    if (build.steps.empty()) {
        return "no image to build";
    }
    const auto with = [&build](auto state) {
        return static_cast<std::size_t>(std::ranges::count(build.steps, state, &store::Step::state)
        );
    };
    const std::size_t unchanged = with(StepState::unchanged);
    const std::size_t pushed = with(StepState::pushed);
    const std::string text = pushed > 0 ? count(pushed, "image") + " pushed"
                                        : count(build.steps.size() - unchanged, "image") + " built";
    return unchanged > 0 ? text + ", " + std::to_string(unchanged) + " unchanged" : text;
}

std::string failures_of(const store::Build& build) {
    std::string folders;
    std::size_t number = 0;
    for (const store::Step& step : build.steps) {
        if (step.state == StepState::failed) {
            folders += (folders.empty() ? "" : ", ") + step.folder;
            ++number;
        }
    }
    return number == 0 ? build.error : count(number, "image") + " failed: " + folders;
}

std::string description_of(const store::Build& build) {
    switch (build.state) {
        case BuildState::queued:
            return "waits for its turn";
        case BuildState::running:
            return build.steps.empty() ? "is being planned" : count(build.steps.size(), "image");
        case BuildState::succeeded:
            return outcome_of(build);
        case BuildState::failed:
            return failures_of(build);
        case BuildState::cancelled:
        case BuildState::superseded:
            return build.error.empty() ? std::string(to_string(build.state)) : build.error;
    }
    return {};
}

std::string description_of(const store::Step& step) {
    const std::string state(to_string(step.state));
    if (!step.error.empty()) {
        return state + ": " + step.error;
    }
    return state + " " + step.image;
}

}  // namespace

std::string short_ref(std::string_view ref) {
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/"}) {
        if (ref.starts_with(prefix)) {
            return std::string(ref.substr(prefix.size()));
        }
    }
    return std::string(ref);
}

std::string fit(std::string_view given) {
    const std::string valid = valid_utf8(given.substr(0, 4 * most_bytes));
    std::string_view text = valid;
    text = text.substr(0, text.find_first_of("\r\n"));
    if (text.size() <= most_bytes) {
        return std::string(text);
    }
    constexpr std::string_view more = "…";
    std::size_t end = most_bytes - more.size();
    const auto is_within_character = [&text](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (end > 0 && is_within_character(end)) {
        --end;
    }
    return std::string(text.substr(0, end)) + std::string(more);
}

std::string page_of(std::string_view public_url, BuildId build) {
    return public_url.empty() ? std::string()
                              : std::string(public_url) + "/builds/" + std::to_string(build.value);
}

gitlab::CommitStatus status_of(const store::Build& build, std::string_view public_url) {
    return {
        .commit = build.after,
        .state = state_of(build.state),
        .name = "slipway",
        .ref = short_ref(build.ref),
        .description = fit(description_of(build)),
        .target_url = page_of(public_url, build.id),
    };
}

gitlab::CommitStatus status_of(
    const store::Build& build, const store::Step& step, std::string_view public_url
) {
    std::string page = page_of(public_url, build.id);
    if (!page.empty()) {
        page += "/steps/" + std::to_string(step.position);
    }
    return {
        .commit = build.after,
        .state = state_of(step),
        .name = fit("slipway/" + step.folder),
        .ref = short_ref(build.ref),
        .description = fit(description_of(step)),
        .target_url = page,
    };
}

}  // namespace slipway::reports
