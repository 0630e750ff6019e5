#include "server/factory/factory.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/base/log.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/factory/build_planner.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/running_steps.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/worker.hpp"
#include "server/store/store.hpp"
#include "server/store/timed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

namespace slipway::factory {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);
/// How often the store is looked at although nobody said that something changed.
constexpr std::chrono::seconds between_looks{2};
constexpr std::chrono::seconds between_looks_of_many{10};
/// Three may be lost before the claims lapse.
constexpr std::chrono::milliseconds between_beats = store::lease_time / 3;
constexpr std::size_t most_plans = 4;

}  // namespace

Factory::Factory(net::any_io_executor executor, Parts parts)
    : executor_(executor),
      parts_(std::move(parts)),
      breakers_(parts_.clock),
      sites_(executor_, parts_, breakers_),
      worker_(executor_, parts_, sites_),
      planner_(parts_, sites_, worker_),
      steps_(
          executor_,
          parts_,
          sites_,
          worker_,
          {.now = [this] { wake(); },
           .later = [this](std::chrono::milliseconds wait) { look_again_in(wait); }}
      ),
      idle_(executor),
      beat_(executor) {}

Factory::~Factory() = default;

void Factory::wake() {
    woken_ = true;
    idle_.cancel();
    if (parts_.stop.requested()) {
        worker_.end_pauses();
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
        if (!worker_.id()) {
            continue;
        }
        const auto orders = co_await parts_.store.heartbeat(*worker_.id());
        if (orders) {
            co_await obey(*orders);
        } else if (orders.error().code == ErrorCode::conflict) {
            log::error("this process's claims have lapsed", {{"reason", orders.error().message}});
            steps_.lose_all();
            worker_.lapse();
            wake();
        } else {
            log::warning("the store is away", {{"reason", orders.error().message}});
        }
    }
}

net::awaitable<void> Factory::look() {
    if (parts_.stop.requested() || !co_await worker_.enlist()) {
        co_return;
    }
    if (steps_.any_stops_for_newer()) {
        ask_for_orders();
    }
    if (!co_await find_track()) {
        co_return;
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

/// The answer to a claim may be lost when it was written already: whom it is for would live on and
/// never work on it. Whether all that is claimed is known.
net::awaitable<bool> Factory::find_track() {
    if (!has_lost_track_) {
        co_return true;
    }
    store::WorkAtHand at_hand;
    at_hand.plans.assign(planning_.begin(), planning_.end());
    at_hand.steps = steps_.keys();
    has_lost_track_ = false;  // it may be lost again meanwhile
    const auto freed = co_await parts_.store.free_all_but(*worker_.id(), std::move(at_hand));
    if (!freed) {
        has_lost_track_ = true;
        log::warning("the store is away", {{"reason", freed.error().message}});
        co_return false;
    }
    if (*freed > 0) {
        log::warning("what was claimed unawares is free again", {{"claims", std::int64_t{*freed}}});
    }
    co_return worker_.id().has_value();
}

net::awaitable<bool> Factory::claim_build() {
    if (planning_.size() >= most_plans || !worker_.id()) {
        co_return false;
    }
    auto build =
        co_await store::timed(parts_.metrics, "claim", parts_.store.claim_build(*worker_.id()));
    if (!build) {
        has_lost_track_ = true;
        log::error("no build can be claimed", {{"reason", build.error().message}});
    }
    if (!build || !*build) {
        co_return false;
    }
    const BuildId id = (*build)->id;
    planning_.insert(id);
    launch(planner_.plan(std::move(**build)), [this, id] { planning_.erase(id); });
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
    if (steps_.size() >= places || !worker_.id()) {
        co_return false;
    }
    const int most = static_cast<int>(places - steps_.size());
    auto claimed = co_await store::timed(
        parts_.metrics, "claim", parts_.store.claim_steps(*worker_.id(), most)
    );
    if (!claimed) {
        has_lost_track_ = true;
        log::error("no step can be claimed", {{"reason", claimed.error().message}});
        co_return false;
    }
    for (store::ClaimedStep& step : *claimed) {
        const store::StepKey key{step.build.id, step.step.position};
        steps_.add(step);
        launch(steps_.work_on(std::move(step)), [this, key] { steps_.remove(key); });
    }
    co_return !claimed->empty();
}

net::awaitable<void> Factory::obey(store::Orders orders) {
    steps_.stop_as(orders);
    for (const BuildId build : orders.overtaken) {
        if (!steps_.stops_for_newer(build)) {
            continue;
        }
        const auto ended = co_await parts_.store.supersede(build, "superseded by a newer push");
        has_orders_ = ended.has_value();  // to stop its steps
    }
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
                has_lost_track_ = true;
                log::error("a piece of work ended by an exception", {});
            }
            wake();
        }
    );
}

}  // namespace slipway::factory
