#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/build_request.hpp"
#include "server/api/cancel.hpp"
#include "server/api/handlers.hpp"
#include "server/api/new_build.hpp"
#include "server/api/query.hpp"
#include "server/api/retry.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

/// Stored as the build's error, and behind `cancelled in build 7: ` in the ledger.
constexpr std::string_view why_cancelled = "by a request to the API";

ordered_json list_of(const std::vector<store::Step>& steps) {
    ordered_json list = ordered_json::array();
    for (const store::Step& step : steps) {
        list.push_back(
            {{"step", step.position}, {"folder", step.folder}, {"state", to_string(step.state)}}
        );
    }
    return list;
}

http::Response answer_dry_run(const store::Build& build) {
    const auto cancelling = what_cancel_does(build);
    if (!cancelling) {
        return http::problem(cancelling.error());
    }
    const ordered_json json = {
        {"dry_run", true},
        {"build", build.id.value},
        {"state", to_string(cancelling->state)},
        {"cancelled", list_of(cancelling->cancelled)},
        {"stopped", list_of(cancelling->stopped)},
    };
    return with_json(200, json);
}

http::Response problem_of_build(const Error& error) {
    return error.code == ErrorCode::not_found ? no_such_build() : http::problem(error);
}

http::Response answer_cancelled(BuildId id, const store::BuildEnd& end) {
    const ordered_json json = {
        {"build", id.value},
        {"state", to_string(end.ended.value_or(model::BuildState::running))},
    };
    return with_json(200, json);
}

/// Who sends a key asks for the outcome, which is there: it may be the first answer that was lost.
net::awaitable<http::Response> answer_again(Context& context, BuildId id, Error conflict) {
    const auto build = co_await context.store.build(id);
    if (build && build->state == model::BuildState::cancelled) {
        store::BuildEnd end;
        end.ended = build->state;
        co_return answer_cancelled(id, end);
    }
    co_return http::problem(conflict);
}

}  // namespace

net::awaitable<http::Response> cancel_build(
    Context& context, http::Request request, http::PathValues values
) {
    const auto number = parse_number(values["id"]);
    auto dry_run = is_dry_run(request);
    if (!number || !dry_run) {
        co_return number ? std::move(dry_run.error()) : no_such_build();
    }
    const bool has_key = !request.header("idempotency-key").empty();
    if (!is_key(request.header("idempotency-key"))) {
        co_return bad_key();
    }
    const BuildId id{*number};
    if (*dry_run) {
        const auto build = co_await context.store.build(id);
        co_return build ? answer_dry_run(*build) : problem_of_build(build.error());
    }
    const auto end = co_await context.store.cancel(id, std::string(why_cancelled));
    if (!end && end.error().code == ErrorCode::conflict && has_key) {
        co_return co_await answer_again(context, id, end.error());
    }
    if (!end) {
        co_return problem_of_build(end.error());
    }
    if (end->ended) {
        context.metrics.build_finished(to_string(*end->ended), std::nullopt);
    }
    context.wake();
    context.stop_now();
    co_return answer_cancelled(id, *end);
}

net::awaitable<http::Response> retry_build(
    Context& context, http::Request request, http::PathValues values
) {
    const auto number = parse_number(values["id"]);
    auto asking = asking_of(request);
    if (!number || !asking) {
        co_return number ? std::move(asking.error()) : no_such_build();
    }
    const BuildId id{*number};
    const auto build = co_await context.store.build(id);
    if (!build) {
        co_return problem_of_build(build.error());
    }
    const auto known = find_repository(context.config.current(), build->repository);
    if (!known) {
        co_return http::problem(409, "conflict", "Conflict", known.error().message);
    }
    auto again = retry_of(*build);
    if (!again) {
        co_return http::problem(again.error());
    }
    co_return co_await ask_for(context, std::move(*again), std::move(*asking));
}

}  // namespace slipway::api
