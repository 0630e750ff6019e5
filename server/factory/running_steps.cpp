#include "server/factory/running_steps.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/caught.hpp"
#include "server/base/log.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/policy.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/step_logs.hpp"
#include "server/factory/work.hpp"
#include "server/factory/worker.hpp"
#include "server/store/store.hpp"
#include "server/store/timed.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

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

}  // namespace

/// A step that this process has claimed.
struct RunningSteps::Running {
    Running(store::Build of, store::Step claimed, Stop& stop_all)
        : build(std::move(of)), step(std::move(claimed)), stop(stop_all) {}

    store::Build build;
    store::Step step;  ///< as it was written last
    Stop::Registration stop;
    bool is_cancelled = false;
    bool is_lost = false;  ///< another process has it by now
};

RunningSteps::RunningSteps(
    net::any_io_executor executor, Parts& parts, Sites& sites, Worker& worker, Wakes wakes
)
    : executor_(std::move(executor)),
      parts_(parts),
      sites_(sites),
      worker_(worker),
      wakes_(std::move(wakes)) {}

RunningSteps::~RunningSteps() = default;

void RunningSteps::add(const store::ClaimedStep& claimed) {
    const store::StepKey key{claimed.build.id, claimed.step.position};
    running_[key] = std::make_shared<Running>(claimed.build, claimed.step, parts_.stop);
}

net::awaitable<void> RunningSteps::work_on(store::ClaimedStep claimed) {
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

net::awaitable<Result<void>> RunningSteps::record(
    std::shared_ptr<Running> running, store::Step step
) {
    if (running->is_lost || !worker_.id()) {
        co_return fail(ErrorCode::conflict, "the step is another process's by now");
    }
    const auto written = co_await store::timed(
        parts_.metrics,
        "update_step",
        parts_.store.update_step(*worker_.id(), running->build.id, step)
    );
    if (!written) {
        running->is_lost = running->is_lost || written.error().code == ErrorCode::conflict;
        co_return std::unexpected(written.error());
    }
    if (step.state != running->step.state) {
        tell_state(running->build, step);
    }
    running->step = std::move(step);
    worker_.tell_end(running->build, *written);
    if (is_over(running->step)) {
        wakes_.now();  // for who waited for it
    }
    co_return Result<void>{};
}

/// By a coroutine of its own, so that it can be cancelled alone.
net::awaitable<Result<store::Step>> RunningSteps::attempt(
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
net::awaitable<void> RunningSteps::end_step(
    std::shared_ptr<Running> running, Result<store::Step> result
) {
    const store::StepKey key{running->build.id, running->step.position};
    if (!result) {
        write_failed(running->build, key, result.error());
    }
    if (running->is_lost || !worker_.id() || is_over(running->step)) {
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
        wakes_.later(*step.not_before - parts_.clock.now());
    }
    co_await release(running->build, std::move(step));
}

net::awaitable<void> RunningSteps::release(store::Build build, store::Step step) {
    bool again = true;
    while (again && worker_.id()) {
        const auto written = co_await store::timed(
            parts_.metrics, "update_step", parts_.store.release_step(*worker_.id(), build.id, step)
        );
        if (written) {
            tell_state(build, step);
            worker_.tell_end(build, *written);
            co_return;
        }
        write_failed(build, {build.id, step.position}, written.error());
        again = co_await worker_.may_write_again(written.error());
    }
}

/// Its commit can't be had. What may pass is tried again.
net::awaitable<void> RunningSteps::fail_step(store::ClaimedStep claimed, Error error) {
    store::Step step = std::move(claimed.step);
    step.error = error.message;
    if (parts_.stop.requested() || !worker_.id()) {
        co_return;
    }
    if (error.code == ErrorCode::unavailable) {
        constexpr std::chrono::seconds wait{15};
        step.not_before = parts_.clock.now() + wait;
        parts_.metrics.retried("fetch");
        wakes_.later(wait);
    } else {
        step.state = model::StepState::failed;
        parts_.metrics.step_finished("failed");
    }
    co_await release(std::move(claimed.build), std::move(step));
}

std::vector<store::StepKey> RunningSteps::keys() const {
    std::vector<store::StepKey> keys;
    keys.reserve(running_.size());
    for (const auto& [key, running] : running_) {
        keys.push_back(key);
    }
    return keys;
}

void RunningSteps::stop_as(const store::Orders& orders) {
    for (const store::StepKey& key : orders.stop) {
        if (const auto found = running_.find(key); found != running_.end()) {
            found->second->is_cancelled = true;
            found->second->stop.cancel();
        }
    }
}

bool RunningSteps::stops_for_newer(BuildId build) const {
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

bool RunningSteps::any_stops_for_newer() const {
    return std::ranges::any_of(running_, [&](const auto& entry) {
        return stops_for_newer(entry.first.build);
    });
}

void RunningSteps::lose_all() {
    for (const auto& [key, running] : running_) {
        running->is_lost = true;
        running->stop.cancel();
    }
}

void RunningSteps::tell_state(const store::Build& build, const store::Step& step) {
    log::info(
        "step is " + std::string(to_string(step.state)),
        {{"build", build.id.value},
         {"step", step.position},
         {"folder", step.folder},
         {"engine", step.engine},
         {"trace_id", trace_id_of(build)}}
    );
}

void RunningSteps::write_failed(
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
