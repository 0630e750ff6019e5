#include "server/factory/factory.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/model/retry.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/caught.hpp"
#include "server/base/log.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/jitter.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/policy.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/step_logs.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"
#include "server/store/timed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);
/// How often the store is looked at although nobody said that something changed.
constexpr std::chrono::seconds between_looks{2};
constexpr std::chrono::seconds between_looks_of_many{10};
/// Three may be lost before the claims lapse.
constexpr std::chrono::milliseconds between_beats = store::lease_time / 3;
constexpr std::size_t most_plans = 4;

bool is_over(const store::Step& step) {
    return model::is_final(step.state) || (step.state == model::StepState::built && !step.push);
}

/// What was not done to its end is to be done again.
void give_back(store::Step& step) {
    if (step.state == model::StepState::building) {
        step.state = model::StepState::ready;
    } else if (step.state == model::StepState::pushing) {
        step.state = model::StepState::built;
    }
}

constexpr std::chrono::seconds write_again_after{2};

/// Whether planning failed for what may be well at the next attempt. A commit that is not found may
/// come a moment after its webhook, where the remote has replicas; and libgit2 finds nothing in a
/// pack for which there was no memory.
bool may_pass(const Error& error, int attempt) {
    constexpr int attempts_to_find = 3;
    return error.code == ErrorCode::unavailable ||
           (error.code == ErrorCode::not_found && attempt < attempts_to_find);
}

}  // namespace

/// A step that this process has claimed.
struct Factory::Running {
    Running(store::Build of, store::Step claimed, Stop& stop_all)
        : build(std::move(of)), step(std::move(claimed)), stop(stop_all) {}

    store::Build build;
    store::Step step;  ///< as it was written last
    Stop::Registration stop;
    bool is_cancelled = false;
    bool is_lost = false;  ///< another process has it by now
};

Factory::Factory(net::any_io_executor executor, Parts parts)
    : executor_(executor),
      parts_(std::move(parts)),
      breakers_(parts_.clock),
      sites_(executor_, parts_, breakers_),
      idle_(executor),
      beat_(executor) {}

Factory::~Factory() = default;

void Factory::wake() {
    woken_ = true;
    idle_.cancel();
    if (parts_.stop.requested()) {
        for (net::steady_timer& pause : pauses_) {
            pause.cancel();
        }
    }
}

void Factory::ask_for_orders() {
    has_orders_ = true;
    beat_.cancel();
}

net::awaitable<void> Factory::run() {
    using net::experimental::awaitable_operators::operator||;
    co_await (work() || live());
}

// --- the loop

net::awaitable<void> Factory::work() {
    while (!parts_.stop.requested() || active_ > 0) {
        woken_ = false;
        co_await look();
        if (woken_) {
            continue;
        }
        auto next = net::steady_timer::clock_type::now() +
                    (parts_.is_one_of_many ? between_looks_of_many : between_looks);
        alarms_.erase(alarms_.begin(), alarms_.upper_bound(net::steady_timer::clock_type::now()));
        idle_.expires_at(alarms_.empty() ? next : std::min(next, *alarms_.begin()));
        co_await idle_.async_wait(token);
    }
}

void Factory::look_again_in(std::chrono::milliseconds wait) {
    alarms_.insert(net::steady_timer::clock_type::now() + wait);
    idle_.cancel();
    woken_ = true;
}

/// Says to the store that this process lives, for as long as it works.
net::awaitable<void> Factory::live() {
    while (true) {
        if (!std::exchange(has_orders_, false)) {
            beat_.expires_after(between_beats);
            co_await beat_.async_wait(token);
            has_orders_ = false;
        }
        if (!worker_) {
            continue;
        }
        const auto orders = co_await parts_.store.heartbeat(*worker_);
        if (orders) {
            co_await obey(*orders);
        } else if (orders.error().code == ErrorCode::conflict) {
            log::error("this process's claims have lapsed", {{"reason", orders.error().message}});
            stop_all_steps();
            worker_.reset();
            wake();
        } else {
            log::warning("the store is away", {{"reason", orders.error().message}});
        }
    }
}

net::awaitable<bool> Factory::enlist() {
    if (worker_) {
        co_return true;
    }
    const auto worker = co_await parts_.store.register_worker(parts_.worker);
    if (!worker) {
        log::error("the store takes no worker", {{"reason", worker.error().message}});
        co_return false;
    }
    worker_ = *worker;
    co_return true;
}

net::awaitable<void> Factory::look() {
    if (parts_.stop.requested() || !co_await enlist()) {
        co_return;
    }
    if (std::ranges::any_of(running_, [&](const auto& entry) {
            return stops_for_newer(entry.first.build);
        })) {
        ask_for_orders();
    }
    bool found = true;
    while (found && !parts_.stop.requested()) {
        found = co_await claim_build();
    }
    found = true;
    while (found && !parts_.stop.requested()) {
        found = co_await claim_steps();
    }
}

net::awaitable<bool> Factory::claim_build() {
    if (planning_ >= most_plans || !worker_) {
        co_return false;
    }
    auto build = co_await store::timed(parts_.metrics, "claim", parts_.store.claim_build(*worker_));
    if (!build) {
        log::error("no build can be claimed", {{"reason", build.error().message}});
    }
    if (!build || !*build) {
        co_return false;
    }
    ++planning_;
    launch(plan(std::move(**build)), [this] { --planning_; });
    co_return true;
}

/// Steps at the same time: as many as the engines have places for.
std::size_t Factory::places() const {
    std::size_t places = 0;
    bool is_up = !parts_.is_one_of_many;
    for (const EngineSeat& seat : parts_.engines.seats()) {
        places += seat.settings.draining ? 0 : seat.settings.builds;
        is_up = is_up || seat.up;
    }
    const auto most = static_cast<std::size_t>(parts_.config.current().limits.builds);
    // Where others could do them, steps are not taken from them to wait here.
    return is_up ? std::max<std::size_t>(std::min(places, most), 1) : 0;
}

net::awaitable<bool> Factory::claim_steps() {
    const std::size_t places = this->places();
    if (running_.size() >= places || !worker_) {
        co_return false;
    }
    const int most = static_cast<int>(places - running_.size());
    auto claimed =
        co_await store::timed(parts_.metrics, "claim", parts_.store.claim_steps(*worker_, most));
    if (!claimed) {
        log::error("no step can be claimed", {{"reason", claimed.error().message}});
        co_return false;
    }
    for (store::ClaimedStep& step : *claimed) {
        const store::StepKey key{step.build.id, step.step.position};
        running_[key] = std::make_shared<Running>(step.build, step.step, parts_.stop);
        launch(do_step(std::move(step)), [this, key] { running_.erase(key); });
    }
    co_return !claimed->empty();
}

void Factory::launch(net::awaitable<void> job, std::function<void()> ended) {
    ++active_;
    net::co_spawn(
        executor_,
        std::move(job),
        [this, ended = std::move(ended)](std::exception_ptr thrown) {
            --active_;
            ended();
            if (thrown) {
                // Of the store's calls alone: what it had claimed is free again when this process
                // ends or its claims lapse.
                log::error("a piece of work ended by an exception", {});
            }
            wake();
        }
    );
}

net::awaitable<void> Factory::obey(store::Orders orders) {
    stop_as(orders);
    for (const BuildId build : orders.overtaken) {
        if (!stops_for_newer(build)) {
            continue;
        }
        const auto ended = co_await parts_.store.supersede(build, "superseded by a newer push");
        has_orders_ = ended.has_value();  // to stop its steps
    }
}

/// Whether the rule of its branch says that a newer push stops what runs.
bool Factory::stops_for_newer(BuildId build) const {
    const auto running = std::ranges::find_if(running_, [&](const auto& entry) {
        return entry.first.build == build;
    });
    if (running == running_.end()) {
        return false;
    }
    const store::Build& of = running->second->build;
    const auto& repositories = parts_.config.current().repositories;
    const auto repository =
        std::ranges::find(repositories, of.repository, &config::Repository::name);
    if (repository == repositories.end()) {
        return false;
    }
    const auto policy = find_policy(*repository, of.ref);
    return policy && policy->cancel_superseded;
}

void Factory::stop_as(const store::Orders& orders) {
    for (const store::StepKey& key : orders.stop) {
        if (const auto found = running_.find(key); found != running_.end()) {
            found->second->is_cancelled = true;
            found->second->stop.cancel();
        }
    }
}

void Factory::stop_all_steps() {
    for (const auto& [key, running] : running_) {
        running->is_lost = true;
        running->stop.cancel();
    }
}

// --- planning

net::awaitable<void> Factory::plan(store::Build build) {
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

net::awaitable<Result<void>> Factory::plan_with_retries(store::Build build) {
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
        co_await pause(*wait);
        if (parts_.stop.requested()) {
            co_return planned;
        }
    }
}

/// Stopping cuts it short.
net::awaitable<void> Factory::pause(std::chrono::milliseconds wait) {
    const auto timer = pauses_.emplace(pauses_.end(), executor_, wait);
    co_await timer->async_wait(token);
    pauses_.erase(timer);
}

net::awaitable<Result<void>> Factory::plan_once(store::Build build) {
    auto planned = co_await caught(sites_.plan(build));
    if (!planned) {
        co_return std::unexpected(planned.error());
    }
    if (!worker_) {
        co_return fail(ErrorCode::unavailable, "this process's claims have lapsed");
    }
    auto recorded =
        co_await parts_.store.record_plan(*worker_, build.id, std::move(planned->record));
    if (!recorded) {
        co_return std::unexpected(recorded.error());
    }
    tell_end(build, *recorded);
    co_return Result<void>{};
}

/// A build that can't be planned fails; but one that is another process's by now, or whose time was
/// cut short by our own end, is left to whom it is claimed by next.
net::awaitable<void> Factory::give_up(store::Build build, Error error) {
    if (parts_.stop.requested()) {
        log::info(
            "build interrupted; it goes on at the next start",
            {{"build", build.id.value}, {"trace_id", trace_id_of(build)}}
        );
        co_return;
    }
    if (!worker_) {
        co_return;
    }
    const bool is_overtaken = error.code == ErrorCode::conflict;
    const auto state = is_overtaken ? model::BuildState::superseded : model::BuildState::failed;
    bool again = true;
    while (again && worker_) {
        const auto finished =
            co_await parts_.store.finish(*worker_, build.id, state, error.message);
        if (finished) {
            store::BuildEnd end;
            end.ended = state;
            tell_end(build, end);
            co_return;
        }
        log::error(
            "a build's end is not stored",
            {{"build", build.id.value},
             {"reason", finished.error().message},
             {"trace_id", trace_id_of(build)}}
        );
        again = co_await may_write_again(finished.error());
    }
}

/// What is not given back stays this process's as long as it lives, and nobody works on it: so it
/// is written until the store takes it.
net::awaitable<bool> Factory::may_write_again(Error error) {
    if (error.code != ErrorCode::unavailable || parts_.stop.requested()) {
        co_return false;
    }
    co_await pause(write_again_after);
    co_return !parts_.stop.requested();
}

void Factory::tell_end(const store::Build& build, const store::BuildEnd& end) {
    if (!end.ended) {
        return;
    }
    sites_.close(build.id);
    const auto took = parts_.clock.now() - build.started.value_or(build.created);
    parts_.metrics.build_finished(to_string(*end.ended), took);
    log::info(
        "build finished",
        {{"build", build.id.value},
         {"state", to_string(*end.ended)},
         {"trace_id", trace_id_of(build)}}
    );
}

// --- steps

void Factory::tell_state(const store::Build& build, const store::Step& step) {
    log::info(
        "step is " + std::string(to_string(step.state)),
        {{"build", build.id.value},
         {"step", step.position},
         {"folder", step.folder},
         {"engine", step.engine},
         {"trace_id", trace_id_of(build)}}
    );
}

net::awaitable<void> Factory::do_step(store::ClaimedStep claimed) {
    using net::experimental::awaitable_operators::operator||;
    const store::StepKey key{claimed.build.id, claimed.step.position};
    const std::shared_ptr<Running> running = running_.at(key);
    auto site = co_await caught(sites_.open(claimed.build));
    if (!site) {
        co_await fail_step(std::move(claimed), site.error());
        co_return;
    }
    (*site)->bases.pin(claimed.bases);
    StepLogs logs(parts_.store, key.build);
    Observer observer;
    observer.log = [&logs](int position, const wire::LogLine& line) { logs.add(position, line); };
    observer.record = [this, &logs, running](store::Step step) -> net::awaitable<Result<void>> {
        co_await logs.flush();
        co_return co_await record(running, std::move(step));
    };
    auto outcome =
        co_await (attempt(*site, running, observer, std::move(claimed)) || logs.flush_for_ever());
    co_await logs.flush();
    co_await end_step(running, std::get<0>(std::move(outcome)));
}

net::awaitable<Result<void>> Factory::record(std::shared_ptr<Running> running, store::Step step) {
    if (running->is_lost || !worker_) {
        co_return fail(ErrorCode::conflict, "the step is another process's by now");
    }
    const auto written = co_await store::timed(
        parts_.metrics, "update_step", parts_.store.update_step(*worker_, running->build.id, step)
    );
    if (!written) {
        running->is_lost = running->is_lost || written.error().code == ErrorCode::conflict;
        co_return std::unexpected(written.error());
    }
    if (step.state != running->step.state) {
        tell_state(running->build, step);
    }
    running->step = std::move(step);
    tell_end(running->build, *written);
    if (is_over(running->step)) {
        wake();  // for who waited for it
    }
    co_return Result<void>{};
}

/// By a coroutine of its own, so that it can be cancelled alone.
net::awaitable<Result<store::Step>> Factory::attempt(
    std::shared_ptr<Site> site,
    std::shared_ptr<Running> running,
    const Observer& observer,
    store::ClaimedStep claimed
) {
    Parents parents(site->bases, site->source, claimed.parents);
    co_return co_await net::co_spawn(
        executor_,
        caught(run_step(site->workshop, site->source, observer, parents, claimed.step)),
        net::bind_cancellation_slot(running->stop.slot(), net::use_awaitable)
    );
}

/// A step that did not get to its end is cancelled where somebody asked for that, has failed where
/// something threw, and is else given back; what had no memory, or no store, waits before that.
net::awaitable<void> Factory::end_step(
    std::shared_ptr<Running> running, Result<store::Step> result
) {
    const store::StepKey key{running->build.id, running->step.position};
    if (!result) {
        write_failed(running->build, key, result.error());
    }
    if (running->is_lost || !worker_ || is_over(running->step)) {
        co_return;
    }
    store::Step step = result ? std::move(*result) : running->step;
    if (running->is_cancelled) {
        step.state = model::StepState::cancelled;
        step.error = "cancelled while it was at work";
        step.finished = parts_.clock.now();
        parts_.metrics.step_finished("cancelled");
    } else if (!result && result.error().code == ErrorCode::internal) {
        step.state = model::StepState::failed;
        step.error = result.error().message;
        step.finished = parts_.clock.now();
        parts_.metrics.step_finished("failed");
    } else {
        give_back(step);
        if (!result) {
            step.not_before = parts_.clock.now() + write_again_after;
        }
    }
    if (step.not_before) {
        look_again_in(*step.not_before - parts_.clock.now());
    }
    co_await release(running->build, std::move(step));
}

net::awaitable<void> Factory::release(store::Build build, store::Step step) {
    bool again = true;
    while (again && worker_) {
        const auto written = co_await store::timed(
            parts_.metrics, "update_step", parts_.store.release_step(*worker_, build.id, step)
        );
        if (written) {
            tell_state(build, step);
            tell_end(build, *written);
            co_return;
        }
        write_failed(build, {build.id, step.position}, written.error());
        again = co_await may_write_again(written.error());
    }
}

/// Its commit can't be had. What may pass is tried again.
net::awaitable<void> Factory::fail_step(store::ClaimedStep claimed, Error error) {
    store::Step step = std::move(claimed.step);
    step.error = error.message;
    if (parts_.stop.requested() || !worker_) {
        co_return;
    }
    if (error.code == ErrorCode::unavailable) {
        constexpr std::chrono::seconds wait{15};
        step.not_before = parts_.clock.now() + wait;
        parts_.metrics.retried("fetch");
        look_again_in(wait);
    } else {
        step.state = model::StepState::failed;
        parts_.metrics.step_finished("failed");
    }
    co_await release(std::move(claimed.build), std::move(step));
}

void Factory::write_failed(
    const store::Build& build, const store::StepKey& key, const Error& error
) {
    log::error(
        "a step's state is not stored",
        {{"build", key.build.value},
         {"step", key.position},
         {"reason", error.message},
         {"trace_id", trace_id_of(build)}}
    );
}

}  // namespace slipway::factory
