#include "core/plan/explain.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/object_id.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/build_request.hpp"
#include "server/api/explain_lookup.hpp"
#include "server/api/explanation.hpp"
#include "server/api/handlers.hpp"
#include "server/api/query.hpp"
#include "server/config/config.hpp"
#include "server/factory/policy.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

Result<Question> question_of(const config::Config& config, const http::Request& request) {
    const std::string build = text_of(request, "build");
    Question question{
        .repository = text_of(request, "repository"),
        .folder = shown_folder(text_of(request, "folder")),
        .ref = full_ref(text_of(request, "ref")),
        .build = parse_number(build).transform([](std::int64_t id) { return BuildId{id}; }),
        .commit = text_of(request, "commit"),
    };
    if (!request.query.contains("folder") || build.empty() == question.ref.empty()) {
        return fail(ErrorCode::invalid, "say `folder`, and either `build` or `ref`");
    }
    if (!build.empty() && !question.build) {
        return fail(ErrorCode::invalid, "`build` is not a number that fits");
    }
    const bool is_commit = question.commit.empty() || model::parse_object_id(question.commit);
    if (!is_commit || (question.build && !question.commit.empty())) {
        return fail(ErrorCode::invalid, "`commit` is the whole id of a commit, beside `ref`");
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

/// What the branch rule says of the reference, as it is now.
void add_policy(const config::Config& config, Answerable& known) {
    const auto repository =
        std::ranges::find(config.repositories, known.facts.repository, &config::Repository::name);
    if (repository == config.repositories.end() || known.facts.ref.empty()) {
        return;
    }
    const auto policy = factory::find_policy(*repository, known.facts.ref);
    known.input.is_ref_ignored = !policy && !known.facts.build;
    known.input.is_ref_pushed = !policy || policy->push;
}

}  // namespace

net::awaitable<http::Response> show_explanation(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    auto question = question_of(context.config.current(), request);
    if (!question) {
        co_return http::problem(question.error());
    }
    auto known = co_await gather(context, *std::move(question));
    if (!known) {
        co_return http::problem(known.error());
    }
    add_facts(known->input, known->facts);
    add_policy(context.config.current(), *known);
    co_return with_json(200, to_json(plan::explain(known->input), known->facts));
}

}  // namespace slipway::api
