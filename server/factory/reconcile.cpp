#include "server/factory/reconcile.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/model/retry.hpp"
#include "server/base/caught.hpp"
#include "server/base/clock.hpp"
#include "server/base/log.hpp"
#include "server/base/metrics.hpp"
#include "server/base/run_blocking.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/compare_branches.hpp"
#include "server/factory/jitter.hpp"
#include "server/factory/moved_bases.hpp"
#include "server/factory/remote.hpp"
#include "server/factory/wanted_reports.hpp"
#include "server/mirror/mirror.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

/// Names and ids are little; a remote that takes longer is ill.
constexpr mirror::FetchLimits listing{
    .total = std::chrono::seconds(60), .silent = std::chrono::seconds(30)
};
constexpr std::chrono::minutes longest_wait{15};

/// The same build is asked for once an hour: one that failed before it was planned (the mirror
/// could not be brought up to date) comes again, but not with every look. With `before`, for a
/// branch may be reset to where it was a short while ago.
std::string key_of(const store::NewBuild& build, store::Time now) {
    const auto hour = std::chrono::floor<std::chrono::hours>(now.time_since_epoch());
    return "reconcile " + build.ref + " " + build.before + " " + build.after + " " +
           std::to_string(hour.count());
}

void log_store_failure(const config::Repository& repository, const Error& error) {
    log::warning(
        "a repository can't be compared with its remote",
        {{"repository", repository.name}, {"reason", error.message}}
    );
}

constexpr int most_builds = 200;  // of a page

bool is_told_by(const store::Build& build) {
    return build.trigger != store::Trigger::manual;
}

}  // namespace

Reconciler::Reconciler(
    const net::any_io_executor& executor,
    const config::LiveConfig& config,
    store::Store& store,
    net::thread_pool& fetching,
    const Clock& clock,
    Metrics& metrics,
    std::function<void()> wake
)
    : config_(config),
      store_(store),
      fetching_(fetching),
      clock_(clock),
      metrics_(metrics),
      wake_(std::move(wake)),
      next_(executor) {}

net::awaitable<void> Reconciler::run() {
    while (true) {
        co_await look_at_all();
        next_.expires_after(about(config_.current().reconcile_interval));
        co_await next_.async_wait(net::as_tuple(net::use_awaitable));
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
    }
}

net::awaitable<void> Reconciler::look_at_all() {
    const auto leads = co_await store_.lead();
    if (!leads || !*leads) {
        watched_.clear();  // what it knew gets old
        co_return;
    }
    const std::vector<config::Repository>& all = config_.current().repositories;
    std::erase_if(watched_, [&all](const auto& watched) {
        return std::ranges::find(all, watched.first, &config::Repository::name) == all.end();
    });
    bool has_asked = false;
    for (const config::Repository& repository : all) {
        const bool asked = co_await look_at(repository);
        has_asked = has_asked || asked;
    }
    if (has_asked) {
        wake_();
    }
}

std::map<std::string, RemoteHealth> Reconciler::health() const {
    std::map<std::string, RemoteHealth> health;
    for (const auto& [name, watched] : watched_) {
        health.emplace(name, watched.health);
    }
    return health;
}

/// A changed configuration may have mended it.
bool Reconciler::is_due(const config::Repository& repository) const {
    const auto found = watched_.find(repository.name);
    if (found == watched_.end() || found->second.settings != &repository) {
        return true;
    }
    const store::Time now = clock_.now();
    const store::Time next = found->second.health.next.value_or(now);
    return next <= now || next - now > longest_wait;  // further ahead: the clock was set back
}

/// Whether builds were asked for.
net::awaitable<bool> Reconciler::look_at(const config::Repository& repository) {
    if (!is_due(repository)) {
        co_return false;
    }
    const auto compared = co_await compare(repository);
    const char* const result = !compared ? "failed" : *compared ? "behind" : "same";
    metrics_.reconciled(result);
    const auto moved = co_await request_moved(
        store_, repository.name, wanted_reports(config_.current(), repository.name)
    );
    const auto watched = watched_.find(repository.name);
    const bool is_told = watched != watched_.end() && !watched->second.health.ok;
    if (!compared && !is_told) {
        log_store_failure(repository, compared.error());
    } else if (!moved) {
        log_store_failure(repository, moved.error());
    }
    co_return (compared && *compared) || (moved && *moved > 0);
}

net::awaitable<Result<bool>> Reconciler::compare(const config::Repository& repository) {
    Sight sight;
    const auto newest = co_await newest_builds(repository.name, 1);
    auto before = co_await store_.branches(repository.name);
    if (!newest || !before) {
        co_return std::unexpected(newest ? before.error() : newest.error());
    }
    if (!newest->empty()) {
        sight.newest_known = newest->front().id;
    }
    sight.before = *std::move(before);
    auto tips = co_await ask(repository);
    const bool was_there = std::ranges::any_of(sight.before, [](const store::Branch& branch) {
        return branch.ref.starts_with("refs/heads/") && !branch.closed;
    });
    if (tips && tips->empty() && was_there) {
        // More likely damaged than emptied, and to close a branch ends its debts.
        tips = fail(ErrorCode::unavailable, "the remote has no branch any more");
    }
    tell(repository, tips);
    if (!tips) {
        co_return std::unexpected(tips.error());
    }
    sight.tips = *std::move(tips);
    const auto found = co_await find_builds(repository.name, sight);
    auto now = co_await store_.branches(repository.name);
    if (!found || !now) {
        co_return std::unexpected(found ? now.error() : found.error());
    }
    sight.now = *std::move(now);
    Findings findings = compare_branches(repository, sight, clock_.now());
    co_return co_await apply(std::move(findings));
}

net::awaitable<Result<Tips>> Reconciler::ask(const config::Repository& repository) {
    const mirror::Remote remote = remote_of(repository);
    const auto list = [&remote] { return mirror::list_branches(remote, listing); };
    co_return co_await caught(run_blocking(fetching_, list));
}

net::awaitable<Result<std::vector<store::Build>>> Reconciler::newest_builds(
    const std::string& repository, int most
) {
    store::BuildQuery query;
    query.repository = repository;
    query.limit = most;
    co_return co_await store_.builds(query);
}

/// All that are open, and for what there were any.
net::awaitable<Result<void>> Reconciler::find_builds(const std::string& repository, Sight& sight) {
    for (const auto state : {model::BuildState::queued, model::BuildState::running}) {
        store::BuildQuery query;
        query.repository = repository;
        query.state = state;
        query.limit = most_builds;
        std::size_t got = most_builds;
        while (got == most_builds) {
            auto page = co_await store_.builds(query);
            if (!page) {
                co_return std::unexpected(page.error());
            }
            got = page->size();
            for (store::Build& build : *page) {
                query.older_than = build.id;
                sight.open.push_back(std::move(build));
            }
        }
    }
    const auto builds = co_await newest_builds(repository, most_builds);
    if (!builds) {
        co_return std::unexpected(builds.error());
    }
    for (const store::Build& build : *builds) {
        if (is_told_by(build)) {
            sight.told_of.insert(build.ref);
        }
    }
    if (builds->size() == most_builds) {
        co_return co_await find_older_builds(repository, sight);
    }
    co_return Result<void>{};
}

/// Of branches that would be taken as pushed: one that a push told of was accepted, however long
/// ago, and whatever came of it.
net::awaitable<Result<void>> Reconciler::find_older_builds(
    const std::string& repository, Sight& sight
) {
    std::set<std::string_view> known;
    for (const store::Branch& branch : sight.before) {
        known.insert(branch.ref);
    }
    for (const auto& [ref, tip] : sight.tips) {
        if (sight.told_of.contains(ref) || known.contains(ref)) {
            continue;
        }
        store::BuildQuery query;
        query.repository = repository;
        query.ref = ref;
        query.limit = most_builds;
        const auto builds = co_await store_.builds(query);
        if (!builds) {
            co_return std::unexpected(builds.error());
        }
        if (std::ranges::any_of(*builds, is_told_by)) {
            sight.told_of.insert(ref);
        }
    }
    co_return Result<void>{};
}

/// Whether builds were asked for.
net::awaitable<Result<bool>> Reconciler::apply(Findings findings) {
    for (store::Branch& branch : findings.keep) {
        log::info(
            branch.closed ? "a branch is gone from its remote" : "a branch is taken as pushed",
            {{"repository", branch.repository}, {"ref", branch.ref}, {"commit", branch.commit}}
        );
        const auto kept = co_await store_.keep_branch(std::move(branch));
        if (!kept) {
            co_return std::unexpected(kept.error());
        }
    }
    bool has_asked = false;
    for (store::NewBuild& build : findings.builds) {
        build.reports = wanted_reports(config_.current(), build.repository);
        build.trace = new_trace();
        const auto asked = co_await store_.request(build, key_of(build, clock_.now()));
        if (!asked) {
            co_return std::unexpected(asked.error());
        }
        if (asked->duplicate || !asked->build) {
            continue;
        }
        has_asked = true;
        log::info(
            "a push was missed: asked for its build",
            {{"build", asked->build->value},
             {"repository", build.repository},
             {"ref", build.ref},
             {"after", build.after},
             {"trace_id", build.trace->trace_id}}
        );
    }
    co_return has_asked;
}

/// Logged when it changes, for a remote may be away for a week.
void Reconciler::tell(const config::Repository& repository, const Result<Tips>& asked) {
    Watched& watched = watched_[repository.name];
    const bool is_new = watched.settings == nullptr;
    watched.settings = &repository;
    RemoteHealth& health = watched.health;
    const std::string error = asked ? "" : asked.error().message;
    if (is_new || health.ok != asked.has_value()) {
        health.since = clock_.now();
    }
    if (!asked && error != health.error) {
        log::warning(
            "a remote can't be asked for its branches",
            {{"repository", repository.name}, {"reason", error}}
        );
    } else if (asked && !health.ok) {
        log::info("a remote answers again", {{"repository", repository.name}});
    }
    health.ok = asked.has_value();
    health.error = error;
    health.next.reset();
    watched.failures = asked ? 0 : watched.failures + 1;
    if (!asked) {
        const model::RetryPolicy policy{
            .most_attempts = std::numeric_limits<int>::max(),
            .first = config_.current().reconcile_interval,
            .longest = longest_wait,
        };
        health.next =
            clock_.now() + model::next_wait(policy, watched.failures, random_share()).value();
    }
}

}  // namespace slipway::factory
