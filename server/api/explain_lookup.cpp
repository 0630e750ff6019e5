#include "server/api/explain_lookup.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/model/image_ref.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "server/api/api.hpp"
#include "server/api/explanation.hpp"
#include "server/api/json_fields.hpp"
#include "server/factory/commit_facts.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

net::awaitable<Result<std::optional<store::LedgerEntry>>> find_entry(
    Context& context, std::string repository, std::string ref, std::string folder
) {
    std::optional<store::LedgerEntry> entry;
    if (ref.empty()) {
        co_return entry;
    }
    store::LedgerQuery query;
    query.repository = std::move(repository);
    query.ref = std::move(ref);
    query.folder = std::move(folder);
    query.limit = 1;
    auto entries = co_await context.store.ledger(query);
    if (!entries) {
        co_return std::unexpected(entries.error());
    }
    if (!entries->empty()) {
        entry = std::move(entries->front());
    }
    co_return entry;
}

/// Of a queued build: its place, and what it waits behind.
net::awaitable<Result<void>> add_queue(Context& context, ImageFacts& facts) {
    const auto snapshot = co_await context.store.snapshot();
    if (!snapshot) {
        co_return std::unexpected(snapshot.error());
    }
    const auto found = std::ranges::find(snapshot->queued, facts.build->id, &store::Build::id);
    // Only its first hundred are listed.
    facts.place = static_cast<std::size_t>(found - snapshot->queued.begin()) + 1;
    const auto busy =
        std::ranges::find(snapshot->running, facts.repository, &store::Build::repository);
    if (busy != snapshot->running.end()) {
        facts.busy = busy->id;
    }
    co_return Result<void>();
}

/// Of a build that is not over: what holds it up, and how long it takes as a rule.
net::awaitable<Result<void>> add_wait(Context& context, ImageFacts& facts, std::string folder) {
    facts.now = context.clock.now();
    if (facts.build->state == model::BuildState::queued) {
        const auto added = co_await add_queue(context, facts);
        if (!added) {
            co_return added;
        }
    }
    const auto step = std::ranges::find(facts.build->steps, folder, &store::Step::folder);
    if (step != facts.build->steps.end() && step->push) {
        const auto image = model::parse_image_ref(step->image);
        facts.blocked_until = image ? context.blocked_until(image->domain) : std::nullopt;
    }
    auto past = co_await context.store.durations(facts.repository, std::move(folder));
    if (!past) {
        co_return std::unexpected(past.error());
    }
    facts.past = *std::move(past);
    co_return Result<void>();
}

/// A build's plan; of one without, what it is to compare.
plan::Plan plan_of(const store::Build& build) {
    plan::Plan plan = plan::plan_from_json(parsed(build.plan)).value_or(plan::Plan());
    if (plan.after.empty()) {
        const auto before = model::parse_object_id(build.before);
        plan.base_commit = before && !before->is_zero() ? build.before : "";
        plan.after = build.after;
    }
    return plan;
}

net::awaitable<plan::ExplainInput> look_up(
    Context& context, std::string repository, plan::Plan plan, std::string folder
) {
    auto found = co_await context.commits.of(std::move(repository), plan, folder);
    co_return found ? *std::move(found) : plan::facts_of(plan, folder);
}

net::awaitable<Result<Answerable>> gather_of_build(Context& context, Question question) {
    auto build = co_await context.store.build(*question.build);
    if (!build) {
        co_return std::unexpected(build.error());
    }
    if (!question.repository.empty() && question.repository != build->repository) {
        co_return fail(ErrorCode::not_found, "the build is of another repository");
    }
    Answerable known;
    ImageFacts& facts = known.facts;
    facts.repository = build->repository;
    facts.ref = build->ref;
    facts.build = *std::move(build);
    auto entry = co_await find_entry(context, facts.repository, facts.ref, question.folder);
    if (!entry) {
        co_return std::unexpected(entry.error());
    }
    facts.entry = *std::move(entry);
    if (!model::is_final(facts.build->state)) {
        const auto added = co_await add_wait(context, facts, question.folder);
        if (!added) {
            co_return std::unexpected(added.error());
        }
    }
    plan::Plan plan = plan_of(*facts.build);
    known.input = co_await look_up(context, facts.repository, std::move(plan), question.folder);
    co_return known;
}

/// The newest that say what becomes of the folder, at most a thousand.
net::awaitable<Result<std::vector<store::Build>>> list_builds_about(
    Context& context, Question question, std::size_t most
) {
    constexpr std::size_t page = 200;
    store::BuildQuery query;
    query.repository = std::move(question.repository);
    query.ref = std::move(question.ref);
    query.folder = std::move(question.folder);
    query.limit = static_cast<int>(std::min(most, page));
    std::vector<store::Build> all;
    for (bool is_full = true; is_full && all.size() < most;) {
        auto builds = co_await context.store.builds(query);
        if (!builds) {
            co_return std::unexpected(builds.error());
        }
        is_full = builds->size() == static_cast<std::size_t>(query.limit);
        for (store::Build& build : *builds) {
            query.older_than = build.id;
            all.push_back(std::move(build));
        }
    }
    co_return all;
}

/// Of a branch that no build is of, as one that was taken as pushed when it was first seen.
net::awaitable<Result<Answerable>> gather_without_build(Context& context, Question question) {
    Answerable known;
    known.facts.repository = question.repository;
    known.facts.ref = question.ref;
    auto entry = co_await find_entry(context, question.repository, question.ref, question.folder);
    const auto branch = co_await context.store.branch(question.repository, question.ref);
    if (!entry || !branch) {
        co_return std::unexpected(entry ? branch.error() : entry.error());
    }
    known.facts.entry = *std::move(entry);
    if (!*branch && !known.facts.entry) {
        co_return fail(
            ErrorCode::not_found, "neither a build of this reference nor the folder is known"
        );
    }
    plan::Plan plan;
    plan.after = *branch ? (*branch)->commit : known.facts.entry->commit;
    plan.base_commit = plan.after;
    known.input =
        co_await look_up(context, question.repository, std::move(plan), std::move(question.folder));
    co_return known;
}

net::awaitable<Result<Answerable>> gather_of_ref(Context& context, Question question) {
    const auto newest = co_await list_builds_about(context, question, 1);
    if (!newest) {
        co_return std::unexpected(newest.error());
    }
    if (newest->empty()) {
        co_return co_await gather_without_build(context, std::move(question));
    }
    question.build = newest->front().id;
    co_return co_await gather_of_build(context, std::move(question));
}

/// Whether it says what becomes of its branch.
bool is_of_branch(const store::Build& build) {
    return build.trigger != store::Trigger::manual && build.folders.empty();
}

/// The build that was of a commit; nothing where it went on before one was.
std::optional<BuildId> build_of(
    const std::vector<store::Build>& builds, const std::string& commit
) {
    const auto found = std::ranges::find(builds, commit, &store::Build::after);
    return found == builds.end() ? std::nullopt : std::optional(found->id);
}

/// Of a commit that was pushed together with later ones, or whose push a later one superseded: the
/// first build whose commit has it in its history tells.
net::awaitable<Result<Answerable>> gather_of_passed(
    Context& context, Question question, std::vector<store::Build> builds
) {
    std::erase_if(builds, [](const store::Build& build) { return !is_of_branch(build); });
    std::vector<std::string> afters;
    std::ranges::transform(builds, std::back_inserter(afters), &store::Build::after);
    const auto first = co_await context.commits.find_first_with(
        question.repository, question.commit, std::move(afters)
    );
    if (!first || !*first) {
        co_return fail(
            ErrorCode::not_found,
            "no build of this reference is of the commit, or of one that has it in its history"
        );
    }
    question.build = builds[**first].id;
    auto known = co_await gather_of_build(context, question);
    if (!known) {
        co_return known;
    }
    plan::Plan plan;
    plan.base_commit = plan_of(*known->facts.build).base_commit;
    plan.after = question.commit;
    known->input =
        co_await look_up(context, question.repository, std::move(plan), std::move(question.folder));
    known->input.passed_over = plan::PassedOver{*question.build, builds[**first].after};
    co_return known;
}

net::awaitable<Result<Answerable>> gather_of_commit(Context& context, Question question) {
    constexpr std::size_t most = 1000;
    auto builds = co_await list_builds_about(context, question, most);
    if (!builds) {
        co_return std::unexpected(builds.error());
    }
    question.build = build_of(*builds, question.commit);
    if (!question.build) {
        co_return co_await gather_of_passed(context, std::move(question), *std::move(builds));
    }
    co_return co_await gather_of_build(context, std::move(question));
}

}  // namespace

net::awaitable<Result<Answerable>> gather(Context& context, Question question) {
    if (question.build) {
        return gather_of_build(context, std::move(question));
    }
    return question.commit.empty() ? gather_of_ref(context, std::move(question))
                                   : gather_of_commit(context, std::move(question));
}

}  // namespace slipway::api
