#include "server/factory/merge_plan.hpp"

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "server/config/config.hpp"
#include "server/factory/policy.hpp"
#include "server/factory/remote.hpp"
#include "server/mirror/mirror.hpp"
#include "server/planning/planner.hpp"

#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace slipway::factory {
namespace {

/// `{sha}` is not known before the merge is made; it names no version that could be there already.
constexpr const char* unknown_commit = "merged00";

Result<MergePlan> plan_in(
    const config::Repository& repository,
    git::Repository& git,
    planning::Planner& planner,
    const MergeRequest& request
) {
    const std::string ref = "refs/heads/" + request.target_branch;
    const auto policy = find_policy(repository, ref);
    if (!policy) {
        return fail(
            ErrorCode::invalid, "no branch rule matches " + ref + ": merging builds nothing"
        );
    }
    const auto tip = git.tip(ref);
    if (!tip) {
        return fail(ErrorCode::not_found, "the branch " + request.target_branch + " is gone");
    }
    const auto target = git.commit(*tip);
    const auto source = git.resolve(request.commit);
    if (!target || !source) {
        return fail_within("the commits to merge", target ? source.error() : target.error());
    }
    auto merge = git.merge(target->id, source->id);
    if (!merge) {
        return std::unexpected(merge.error());
    }
    MergePlan plan;
    plan.commit = to_string(source->id);
    plan.target_commit = to_string(target->id);
    plan.target_branch = request.target_branch;
    plan.conflicts = std::move(merge->conflicts);
    plan.is_pushed = policy->push;
    plan.refuses_overwrite = repository.overwrite_refuse;
    if (!plan.conflicts.empty()) {
        return plan;
    }
    const plan::PlanOptions options{
        .folders = {}, .tag_templates = fill_in_commit(policy->tags, unknown_commit)
    };
    const auto began = std::chrono::steady_clock::now();
    auto made = planner.plan_trees(git, target->tree, merge->tree, options);
    if (!made) {
        return std::unexpected(made.error());
    }
    plan.planning =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    plan.plan = *std::move(made);
    plan.plan.repository = repository.name;
    return plan;
}

}  // namespace

Result<MergePlan> plan_merge(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const MergeRequest& request
) {
    const auto wanted = model::parse_object_id(request.commit);
    if (!wanted) {
        return fail(ErrorCode::invalid, "the merge request names no commit of a SHA-1 repository");
    }
    if (auto fresh = mirror::refresh(mirror, remote_of(repository), {*wanted}); !fresh) {
        Error error = fresh.error();
        // That the remote is not there is its operator's to know, not the merge request's.
        error.code = error.code == ErrorCode::not_found ? ErrorCode::failed : error.code;
        return fail_within("refreshing the mirror of " + repository.name, error);
    }
    auto git = git::Repository::open(mirror.string());
    if (!git) {
        return std::unexpected(git.error());
    }
    return plan_in(repository, **git, planner, request);
}

std::chrono::milliseconds longest_chain(
    const plan::Plan& plan, const std::map<std::string, std::chrono::milliseconds>& durations
) {
    std::map<std::string, std::chrono::milliseconds> ends;  // the steps are in build order
    std::chrono::milliseconds longest{0};
    for (const plan::Step& step : plan.steps) {
        std::chrono::milliseconds begin{0};
        for (const std::string& need : step.needs) {
            begin = std::max(begin, ends[need]);
        }
        const auto known = durations.find(step.folder);
        const std::chrono::milliseconds end =
            begin + (known == durations.end() ? std::chrono::milliseconds(0) : known->second);
        ends[step.folder] = end;
        longest = std::max(longest, end);
    }
    return longest;
}

}  // namespace slipway::factory
