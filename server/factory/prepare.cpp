#include "server/factory/prepare.hpp"

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/image.hpp"
#include "core/git/range.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "server/config/config.hpp"
#include "server/factory/branch_debts.hpp"
#include "server/factory/policy.hpp"
#include "server/factory/remote.hpp"
#include "server/factory/work.hpp"
#include "server/mirror/mirror.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

/// The commits of a build that must be there, so that the mirror asks for those that no branch has:
/// also the one that its branch was planned up to, which a forced push may have taken away, and a
/// mirror that is new may never have seen.
std::vector<model::ObjectId> wanted_ids(const store::Build& build, const BranchDebts& debts) {
    std::vector<model::ObjectId> wanted;
    const std::string last = wants_last(build, debts) ? debts.last->commit : std::string();
    for (const std::string& text : {build.before, build.after, last}) {
        if (const auto id = model::parse_object_id(text); id && !id->is_zero()) {
            wanted.push_back(*id);
        }
    }
    return wanted;
}

/// Whose rule holds for a build.
std::string ruling_ref(git::Repository& git, const store::Build& build) {
    return build.ref.empty() ? git.default_branch().value_or("") : build.ref;
}

Result<Policy> policy_of(
    const config::Repository& repository,
    git::Repository& git,
    const store::Build& build,
    const git::Commit& after
) {
    const std::string ref = ruling_ref(git, build);
    auto policy = find_policy(repository, ref);
    if (!policy) {
        return fail(
            ErrorCode::invalid,
            "no branch rule of repository " + repository.name + " matches " + ref
        );
    }
    if (build.ref.empty()) {
        // Commits without a branch are pushed only if the default branch has them: its policy is
        // lent to nothing else.
        const auto tip = git.tip(ref);
        const auto base = tip ? git.merge_base(*tip, after.id)
                              : Result<std::optional<model::ObjectId>>(std::nullopt);
        policy->push = policy->push && base && *base == after.id;
    }
    policy->tags = fill_in_commit(std::move(policy->tags), to_string(after.id));
    return *policy;
}

Result<Source> open_source(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const store::Build& build
) {
    auto git = git::Repository::open(mirror.string());
    if (!git) {
        return std::unexpected(git.error());
    }
    const auto commit = (*git)->resolve(build.after);
    if (!commit) {
        return std::unexpected(commit.error());
    }
    auto catalog = planner.catalog_of(**git, commit->tree);
    if (!catalog) {
        return std::unexpected(catalog.error());
    }
    std::string ref = ruling_ref(**git, build);
    return Source{
        (*git)->git_folder(), *commit, repository.url, std::move(*catalog), std::move(ref)
    };
}

Result<void> refresh(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    const store::Build& build,
    const BranchDebts& debts = {}
) {
    auto fresh = mirror::refresh(mirror, remote_of(repository), wanted_ids(build, debts));
    return fresh ? fresh
                 : fail_within("refreshing the mirror of " + repository.name, fresh.error());
}

/// Who asks for a folder by its name is not told of success when it can't be built.
Result<void> check_requested(const plan::Plan& plan, const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
        if (std::ranges::find(plan.steps, folder, &plan::Step::folder) != plan.steps.end()) {
            continue;
        }
        // A cycle is told once, at one of its images, and names all of them.
        const auto is_why = [&](const SourceError& error) {
            return error.path == folder || error.path.starts_with(folder + "/") ||
                   error.message.contains(folder);
        };
        const auto why = std::ranges::find_if(plan.errors, is_why);
        const std::string told =
            why == plan.errors.end() ? "`slipway check` tells why" : to_string(*why);
        std::string words = "the requested folder '" + folder;
        words += "' can't be built: " + told;
        return fail(ErrorCode::invalid, std::move(words));
    }
    return {};
}

/// What is built: for a manual request the tip of its reference, where no commit was named.
std::string revision_of(const store::Build& build) {
    return build.after.empty() ? build.ref : build.after;
}

/// Of a request for some folders only these count, which check_requested() has looked at.
std::string why_failed(const plan::Plan& plan, const plan::PlanOptions& options) {
    if (plan.errors.empty() || !options.folders.empty()) {
        return {};
    }
    const std::string why = to_string(plan.errors.front());
    const std::size_t more = plan.errors.size() - 1;
    return more == 0 ? why : why + " (and " + std::to_string(more) + " more errors of this commit)";
}

store::PlanRecord to_record(
    const planning::Planned& planned,
    const store::Build& build,
    const BranchDebts& debts,
    const plan::PlanOptions& options,
    bool is_pushed
) {
    store::PlanRecord record{
        .before = planned.plan.before,
        .after = planned.plan.after,
        .plan = plan::to_json(planned.plan)
                    .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
        .steps = to_records(planned.plan, planned.catalog, is_pushed, build.trigger),
    };
    if (is_of_branch(build)) {
        record.tree = to_string(planned.range.after.tree);
    }
    record.keeps_ledger = is_pushed && build.ref.starts_with("refs/heads/");
    record.removed = find_removed(planned, debts, options);
    record.error = why_failed(planned.plan, options);
    return record;
}

/// The commit to build.
Result<git::Commit> find_commit(
    git::Repository& git, const store::Build& build, const BranchDebts& debts
) {
    auto after = git.resolve(revision_of(build));
    if (!after) {
        return fail_within("the commit to build", after.error());
    }
    if (is_of_branch(build) && is_overtaken(git, debts.last, build, *after)) {
        return fail(
            ErrorCode::conflict,
            "superseded: " + build.ref + " was planned up to " + debts.last->commit + " already"
        );
    }
    return after;
}

/// Refers to `before` and `after`.
git::RangeQuery range_of(
    git::Repository& git,
    const store::Build& build,
    const std::string& before,
    const std::string& after
) {
    git::RangeQuery query;
    query.before = before;
    query.after = after;
    query.default_branch = git.default_branch().value_or("");
    if (!build.ref.empty()) {
        query.on_default_branch = build.ref == query.default_branch;
    }
    return query;
}

Result<Prepared> plan_in(
    const config::Repository& repository,
    git::Repository& git,
    planning::Planner& planner,
    const store::Build& build,
    const BranchDebts& debts
) {
    const auto after = find_commit(git, build, debts);
    if (!after) {
        return std::unexpected(after.error());
    }
    const auto policy = policy_of(repository, git, build, *after);
    if (!policy) {
        return std::unexpected(policy.error());
    }
    const std::string after_id = to_string(after->id);
    const auto found = options_for(git, planner, build, debts, policy->tags);
    if (!found) {
        return std::unexpected(found.error());
    }
    const plan::PlanOptions& options = *found;
    // What was accepted between the last plan and this build can't be told any more: as for a
    // branch that is new, all that it adds is looked at.
    const bool has_lost_last = wants_last(build, debts) && !options.last;
    const std::string before = has_lost_last ? std::string(after_id.size(), '0')
                                             : before_of(repository, build, debts, after_id);
    const git::RangeQuery query = range_of(git, build, before, after_id);
    const auto began = std::chrono::steady_clock::now();
    auto planned = planner.plan(git, query, options);
    if (!planned) {
        return std::unexpected(planned.error());
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began
    );
    if (auto checked = check_requested(planned->plan, options.folders); !checked) {
        return std::unexpected(checked.error());
    }
    planned->plan.repository = repository.name;
    store::PlanRecord record = to_record(*planned, build, debts, options, policy->push);
    Source source{
        git.git_folder(),
        planned->range.after,
        repository.url,
        std::move(planned->catalog),
        ruling_ref(git, build)
    };
    return Prepared{std::move(source), std::move(record), took};
}

}  // namespace

catalog::CatalogOptions catalog_options(const config::Repository& repository) {
    return {
        .default_registry = repository.registry,
        .allowed_registries = repository.allowed_registries,
        .roots = repository.roots,
    };
}

Result<Prepared> plan_build(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const store::Build& build,
    const BranchDebts& debts
) {
    const auto kind = model::classify_id(build.after);
    if (kind == model::IdKind::sha256) {
        return fail(
            ErrorCode::invalid,
            "the push names commits of a SHA-256 repository, which this slipway can't read"
        );
    }
    if (auto fresh = refresh(repository, mirror, build, debts); !fresh) {
        return std::unexpected(fresh.error());
    }
    auto git = git::Repository::open(mirror.string());
    if (!git) {
        return std::unexpected(git.error());
    }
    return plan_in(repository, **git, planner, build, debts);
}

Result<Source> open_build(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const store::Build& build
) {
    auto source = open_source(repository, mirror, planner, build);
    if (source) {
        return source;
    }
    if (auto fresh = refresh(repository, mirror, build); !fresh) {
        return std::unexpected(fresh.error());
    }
    return open_source(repository, mirror, planner, build);
}

}  // namespace slipway::factory
