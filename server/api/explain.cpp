#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/build_request.hpp"
#include "server/api/explanation.hpp"
#include "server/api/handlers.hpp"
#include "server/api/query.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

/// What is asked: a folder in one build, or in the newest of a reference.
struct Question {
    std::string repository;  ///< empty: the build's
    std::string folder;
    std::string ref;
    std::optional<BuildId> build;
};

Result<Question> question_of(const config::Config& config, const http::Request& request) {
    const std::string build = text_of(request, "build");
    Question question{
        .repository = text_of(request, "repository"),
        .folder = shown_folder(text_of(request, "folder")),
        .ref = full_ref(text_of(request, "ref")),
        .build = parse_number(build).transform([](std::int64_t id) { return BuildId{id}; }),
    };
    if (!request.query.contains("folder") || build.empty() == question.ref.empty()) {
        return fail(ErrorCode::invalid, "say `folder`, and either `build` or `ref`");
    }
    if (!build.empty() && !question.build) {
        return fail(ErrorCode::invalid, "`build` is not a number that fits");
    }
    if (question.build) {
        return question;
    }
    auto repository = find_repository(config, question.repository);
    if (!repository) {
        return std::unexpected(repository.error());
    }
    question.repository = *std::move(repository);
    return question;
}

/// A request for other folders tells nothing of this one.
bool is_about(const store::Build& build, const Question& question) {
    const auto& folders = build.folders;
    return build.ref == question.ref &&
           (folders.empty() || std::ranges::find(folders, question.folder) != folders.end());
}

/// Among the newest 1000 of the repository; 0: none.
net::awaitable<Result<BuildId>> newest_build(Context& context, Question question) {
    constexpr int pages = 5;
    store::BuildQuery query;
    query.repository = question.repository;
    query.limit = 200;
    for (int page = 0; page < pages; ++page) {
        const auto builds = co_await context.store.builds(query);
        if (!builds) {
            co_return std::unexpected(builds.error());
        }
        const auto found = std::ranges::find_if(*builds, [&](const store::Build& build) {
            return is_about(build, question);
        });
        if (found != builds->end()) {
            co_return found->id;
        }
        if (builds->size() < static_cast<std::size_t>(query.limit)) {
            break;
        }
        query.older_than = builds->back().id;
    }
    co_return BuildId{};
}

/// One that built it as a dependent of what was asked for is known to the ledger alone.
BuildId newest_of(BuildId newest, const std::optional<store::LedgerEntry>& entry) {
    if (entry && entry->build) {
        newest = std::max(newest, *entry->build);
    }
    return entry && entry->owed ? std::max(newest, entry->owed->build) : newest;
}

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

net::awaitable<Result<std::optional<std::size_t>>> place_of(Context& context, BuildId build) {
    const auto snapshot = co_await context.store.snapshot();
    if (!snapshot) {
        co_return std::unexpected(snapshot.error());
    }
    std::optional<std::size_t> place;
    const auto found = std::ranges::find(snapshot->queued, build, &store::Build::id);
    if (found != snapshot->queued.end()) {
        place = static_cast<std::size_t>(found - snapshot->queued.begin()) + 1;
    }
    co_return place;
}

/// Adds the build of this id, with its place where it is queued.
net::awaitable<Result<void>> add_build(Context& context, FolderFacts& facts, BuildId id) {
    auto build = co_await context.store.build(id);
    if (!build) {
        co_return std::unexpected(build.error());
    }
    facts.build = std::move(*build);
    if (facts.build->state == model::BuildState::queued) {
        auto place = co_await place_of(context, id);
        if (!place) {
            co_return std::unexpected(place.error());
        }
        facts.place = *place;
    }
    co_return Result<void>();
}

net::awaitable<Result<FolderFacts>> gather_of_build(Context& context, Question question) {
    FolderFacts facts;
    facts.folder = question.folder;
    const auto added = co_await add_build(context, facts, *question.build);
    if (!added) {
        co_return std::unexpected(added.error());
    }
    facts.repository = facts.build->repository;
    facts.ref = facts.build->ref;
    if (!question.repository.empty() && question.repository != facts.repository) {
        co_return fail(ErrorCode::not_found, "the build is of another repository");
    }
    auto entry = co_await find_entry(context, facts.repository, facts.ref, facts.folder);
    if (!entry) {
        co_return std::unexpected(entry.error());
    }
    facts.entry = *std::move(entry);
    co_return facts;
}

net::awaitable<Result<FolderFacts>> gather_of_ref(Context& context, Question question) {
    FolderFacts facts{question.repository, question.ref, question.folder};
    auto entry = co_await find_entry(context, facts.repository, facts.ref, facts.folder);
    if (!entry) {
        co_return std::unexpected(entry.error());
    }
    facts.entry = *std::move(entry);
    const auto newest = co_await newest_build(context, std::move(question));
    if (!newest) {
        co_return std::unexpected(newest.error());
    }
    const BuildId id = newest_of(*newest, facts.entry);
    if (id != BuildId{}) {
        const auto added = co_await add_build(context, facts, id);
        // What the ledger names may be pruned since.
        if (!added && added.error().code != ErrorCode::not_found) {
            co_return std::unexpected(added.error());
        }
    }
    if (!facts.build && !facts.entry) {
        co_return fail(
            ErrorCode::not_found, "neither a build of this reference nor the folder is known"
        );
    }
    co_return facts;
}

}  // namespace

net::awaitable<http::Response> show_explanation(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    auto question = question_of(context.config.current(), request);
    if (!question) {
        co_return http::problem(question.error());
    }
    auto work =
        question->build ? gather_of_build(context, *question) : gather_of_ref(context, *question);
    const auto facts = co_await std::move(work);
    co_return facts ? with_json(200, explain(*facts)) : http::problem(facts.error());
}

}  // namespace slipway::api
