#include "server/factory/build_planner.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/model/retry.hpp"
#include "server/base/caught.hpp"
#include "server/base/log.hpp"
#include "server/factory/jitter.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/work.hpp"
#include "server/factory/worker.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <expected>
#include <utility>

namespace slipway::factory {
namespace {

/// Whether planning failed for what may be well at the next attempt. A commit that is not found may
/// come a moment after its webhook, where the remote has replicas; and libgit2 finds nothing in a
/// pack for which there was no memory.
bool may_pass(const Error& error, int attempt) {
    constexpr int attempts_to_find = 3;
    return error.code == ErrorCode::unavailable ||
           (error.code == ErrorCode::not_found && attempt < attempts_to_find);
}

}  // namespace

net::awaitable<void> BuildPlanner::plan(store::Build build) {
    log::info(
        "build started",
        {{"build", build.id.value},
         {"repository", build.repository},
         {"ref", build.ref},
         {"after", build.after},
         {"trace_id", trace_id_of(build)}}
    );
    const auto planned = co_await plan_with_retries(build);
    if (!planned) {
        co_await give_up(std::move(build), planned.error());
    }
}

net::awaitable<Result<void>> BuildPlanner::plan_with_retries(store::Build build) {
    for (int attempt = 1;; ++attempt) {
        auto planned = co_await plan_once(build);
        if (planned || !may_pass(planned.error(), attempt) || parts_.stop.requested()) {
            co_return planned;
        }
        const auto wait = model::next_wait(parts_.retry, attempt, random_share());
        if (!wait) {
            co_return planned;
        }
        log::warning(
            "a build waits and tries again",
            {{"build", build.id.value},
             {"reason", planned.error().message},
             {"trace_id", trace_id_of(build)}}
        );
        parts_.metrics.retried("fetch");
        co_await worker_.pause(*wait);
        if (parts_.stop.requested()) {
            co_return planned;
        }
    }
}

net::awaitable<Result<void>> BuildPlanner::plan_once(store::Build build) {
    auto planned = co_await caught(sites_.plan(build));
    if (!planned) {
        co_return std::unexpected(planned.error());
    }
    if (!worker_.id()) {
        co_return fail(ErrorCode::unavailable, "this process's claims have lapsed");
    }
    auto recorded =
        co_await parts_.store.record_plan(*worker_.id(), build.id, std::move(planned->record));
    if (!recorded) {
        co_return std::unexpected(recorded.error());
    }
    worker_.tell_end(build, *recorded);
    co_return Result<void>{};
}

/// A build that can't be planned fails; but one that is another process's by now, or whose time was
/// cut short by our own end, is left to whom it is claimed by next.
net::awaitable<void> BuildPlanner::give_up(store::Build build, Error error) {
    if (parts_.stop.requested()) {
        log::info(
            "build interrupted; it goes on at the next start",
            {{"build", build.id.value}, {"trace_id", trace_id_of(build)}}
        );
        co_return;
    }
    if (!worker_.id()) {
        co_return;
    }
    const bool is_overtaken = error.code == ErrorCode::conflict;
    const auto state = is_overtaken ? model::BuildState::superseded : model::BuildState::failed;
    bool again = true;
    while (again && worker_.id()) {
        const auto finished =
            co_await parts_.store.finish(*worker_.id(), build.id, state, error.message);
        if (finished) {
            store::BuildEnd end;
            end.ended = state;
            worker_.tell_end(build, end);
            co_return;
        }
        log::error(
            "a build's end is not stored",
            {{"build", build.id.value},
             {"reason", finished.error().message},
             {"trace_id", trace_id_of(build)}}
        );
        again = co_await worker_.may_write_again(finished.error());
    }
}

}  // namespace slipway::factory
