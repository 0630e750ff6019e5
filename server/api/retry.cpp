#include "server/api/retry.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using model::BuildState;
using model::StepState;

std::string name_of(const store::Build& build) {
    return "build " + std::to_string(build.id.value);
}

bool did_not_end_well(const store::Step& step) {
    return step.state == StepState::failed || step.state == StepState::cancelled ||
           step.state == StepState::skipped;
}

std::vector<std::string> folders_to_retry(const store::Build& build) {
    std::vector<std::string> folders;
    for (const store::Step& step : build.steps) {
        if (did_not_end_well(step)) {
            folders.push_back(step.folder);
        }
    }
    return folders;
}

store::NewBuild same_again(const store::Build& build) {
    // A push is of a whole branch between two commits; all else is some person's request.
    const bool is_push = !build.ref.empty() && !build.after.empty() && build.folders.empty();
    return {
        .repository = build.repository,
        .ref = build.ref,
        .before = build.before,
        .after = build.after,
        .trigger = is_push ? store::Trigger::push : store::Trigger::manual,
        .folders = build.folders,
        .no_cache = build.no_cache,
    };
}

store::NewBuild request_for(const store::Build& build, std::vector<std::string> folders) {
    if (build.ref.empty()) {
        return same_again(build);
    }
    store::NewBuild request;
    request.repository = build.repository;
    request.ref = build.ref;
    request.trigger = store::Trigger::manual;
    request.folders = std::move(folders);
    request.no_cache = build.no_cache;
    return request;
}

}  // namespace

Result<store::NewBuild> retry_of(const store::Build& build) {
    if (!model::is_final(build.state)) {
        return fail(ErrorCode::conflict, name_of(build) + " has not ended: wait, or cancel it");
    }
    const bool was_planned = !build.plan.empty();
    std::vector<std::string> folders = folders_to_retry(build);
    if (was_planned && folders.empty()) {
        const std::string why = build.error.empty() ? "" : ": what is wrong is in the repository";
        return fail(ErrorCode::conflict, "no step of " + name_of(build) + " failed" + why);
    }
    if (!was_planned && build.state == BuildState::succeeded) {
        return fail(ErrorCode::conflict, name_of(build) + " succeeded");
    }
    // To go back to its commits would undo what came after it.
    if (!was_planned && build.state == BuildState::superseded) {
        return fail(
            ErrorCode::conflict,
            name_of(build) + " was superseded by a newer push of the same branch: retry that one"
        );
    }
    return was_planned ? request_for(build, std::move(folders)) : same_again(build);
}

}  // namespace slipway::api
