#include "tests/bench/queue/work.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/bench/queue/place.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::bench {
namespace {

using model::StepState;

/// As a daemon that has nothing to do; it would also be woken by what others write.
constexpr std::chrono::milliseconds between_looks{20};

constexpr std::chrono::minutes longest_drain{10};

store::NewBuild new_build(const std::string& repository) {
    return {
        .repository = repository,
        .ref = "refs/heads/main",
        .before = std::string(40, 'a'),
        .after = std::string(40, 'b'),
        .folders = {},
    };
}

store::Step new_step(int position, bool all_ready) {
    constexpr int group = 10;
    store::Step step;
    step.position = position;
    step.folder = "folder" + std::to_string(position);
    step.image = "registry.example.com/team/" + step.folder + ":1";
    step.references = {step.image};
    step.reasons = "[]";
    step.tree = std::string(40, 'c');
    step.state = StepState::ready;
    if (const int base = position - position % group; base != position && !all_ready) {
        step.needs = {base};
        step.state = StepState::waiting;
    }
    return step;
}

store::PlanRecord new_plan(const Work& work) {
    store::PlanRecord plan{
        .before = std::string(40, 'a'),
        .after = std::string(40, 'b'),
        .plan = "{}",
        .steps = {},
        .tree = std::string(40, 'd'),
        .keeps_ledger = true,
    };
    for (int position = 0; position < work.steps; ++position) {
        plan.steps.push_back(new_step(position, work.all_ready));
    }
    return plan;
}

net::awaitable<bool> is_over(store::Store& store) {
    store::BuildQuery running{
        .repository = "", .state = model::BuildState::running, .older_than = {}
    };
    running.limit = 1;
    const auto builds = co_await store.builds(running);
    co_return must(builds).empty();
}

net::awaitable<void> finish(store::Store& store, WorkerId worker, store::ClaimedStep claimed) {
    store::Step step = std::move(claimed.step);
    step.engine = "local";
    step.image_id = "sha256:" + std::string(64, 'e');
    step.input_id = std::string(64, 'f');
    step.digests = {{step.image, step.image_id}};
    for (const StepState state :
         {StepState::building, StepState::built, StepState::pushing, StepState::pushed}) {
        step.state = state;
        const auto written = co_await store.update_step(worker, claimed.build.id, step);
        must(written);
    }
}

net::awaitable<std::size_t> work_in_slot(store::Store& store, WorkerId worker) {
    net::steady_timer pause(co_await net::this_coro::executor);
    std::size_t steps = 0;
    while (true) {
        const auto answer = co_await store.claim_steps(worker, 1);
        const std::vector<store::ClaimedStep> claimed = must(answer);
        for (const store::ClaimedStep& step : claimed) {
            co_await finish(store, worker, step);
            ++steps;
        }
        if (!claimed.empty()) {
            continue;
        }
        if (co_await is_over(store)) {
            co_return steps;
        }
        pause.expires_after(between_looks);
        co_await pause.async_wait(net::use_awaitable);
    }
}

}  // namespace

void plan(Place& place, const Work& work) {
    const WorkerId worker = place.get(place.store().register_worker("planner"));
    for (int number = 0; number < work.builds; ++number) {
        const std::string repository = "work" + std::to_string(number);
        place.get(place.store().request(new_build(repository), ""));
        const auto build = place.get(place.store().claim_build(worker)).value();
        place.get(place.store().record_plan(worker, build.id, new_plan(work)));
    }
}

std::size_t drain(Place& place, int slots) {
    const std::string name = "replica " + std::to_string(::getpid());
    const WorkerId worker = place.get(place.store().register_worker(name));
    std::vector<std::future<std::size_t>> working;
    for (int slot = 0; slot < slots; ++slot) {
        working.push_back(
            net::co_spawn(place.context(), work_in_slot(place.store(), worker), net::use_future)
        );
    }
    const auto is_over = [&working] {
        return std::ranges::all_of(working, test::is_ready<std::size_t>);
    };
    if (!test::run_until(place.context(), is_over, longest_drain)) {
        throw std::runtime_error("the steps were not drained in time");
    }
    std::size_t steps = 0;
    for (std::future<std::size_t>& slot : working) {
        steps += slot.get();
    }
    return steps;
}

}  // namespace slipway::bench
