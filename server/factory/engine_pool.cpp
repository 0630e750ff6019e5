#include "server/factory/engine_pool.hpp"

#include "core/base/result.hpp"
#include "server/base/log.hpp"
#include "server/base/metrics.hpp"
#include "server/engine/engine_api.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

constexpr std::chrono::milliseconds between_pings = std::chrono::seconds(15);
constexpr std::chrono::milliseconds first_pause = std::chrono::seconds(1);
constexpr std::chrono::milliseconds between_measures = std::chrono::minutes(10);
constexpr auto token = net::as_tuple(net::use_awaitable);

bool has_labels(const EngineSeat& seat, const Wish& wish) {
    return std::ranges::all_of(wish.labels, [&](const std::string& label) {
        return std::ranges::find(seat.settings.labels, label) != seat.settings.labels.end();
    });
}

/// Whether it may have the work at all, once it is up and has a place.
bool fits(const EngineSeat& seat, const Wish& wish) {
    if (!wish.only.empty()) {
        return seat.name == wish.only;
    }
    return has_labels(seat, wish) && !seat.settings.draining;
}

bool has_place(const EngineSeat& seat) {
    return seat.up && seat.busy < seat.settings.builds;
}

/// What it would have to do with one step more, for its weight.
double load_with_one_more(const EngineSeat& seat) {
    return static_cast<double>(seat.busy + 1) / static_cast<double>(seat.settings.weight);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

}  // namespace

EnginePool::EnginePool(
    const net::any_io_executor& executor,
    std::vector<EngineSeat> seats,
    std::size_t most_steps,
    Metrics& metrics,
    std::optional<std::chrono::milliseconds> patience
)
    : seats_(std::move(seats)), most_steps_(most_steps), metrics_(metrics), patience_(patience) {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        alarms_.emplace_back(executor);
    }
}

net::awaitable<Result<EnginePool::Lease>> EnginePool::acquire(Wish wish) {
    if (auto possible = check(wish); !possible) {
        co_return std::unexpected(possible.error());
    }
    const auto executor = co_await net::this_coro::executor;
    Waiting waiting{.wish = wish, .granted = net::steady_timer(executor)};
    waiting_.push_back(&waiting);
    hand_out();
    while (waiting.seat == nullptr) {
        const bool hopeless = patience_ && !why_none(wish).empty();
        waiting.granted.expires_after(hopeless ? *patience_ : between_pings);
        co_await waiting.granted.async_wait(token);
        const auto state = co_await net::this_coro::cancellation_state;
        if (waiting.seat == nullptr && state.cancelled() != net::cancellation_type::none) {
            std::erase(waiting_, &waiting);
            co_return fail(ErrorCode::cancelled, "stopped while it waited for an engine");
        }
        if (waiting.seat == nullptr && hopeless && !why_none(wish).empty()) {
            std::erase(waiting_, &waiting);
            co_return fail(ErrorCode::unavailable, why_none(wish));
        }
    }
    co_return Lease(*this, *waiting.seat);
}

Result<void> EnginePool::check(const Wish& wish) const {
    if (!wish.only.empty()) {
        if (std::ranges::find(seats_, wish.only, &EngineSeat::name) == seats_.end()) {
            return fail(
                ErrorCode::not_found,
                "engine " + wish.only + ", which has the built image, is not configured any more"
            );
        }
        return {};
    }
    if (std::ranges::none_of(seats_, [&](const EngineSeat& s) { return has_labels(s, wish); })) {
        return fail(
            ErrorCode::invalid, "no configured engine has the labels " + joined(wish.labels)
        );
    }
    return {};
}

std::string EnginePool::why_none(const Wish& wish) const {
    std::vector<std::string> reasons;
    for (const EngineSeat& seat : seats_) {
        if (fits(seat, wish) && (seat.up || seat.reason.empty())) {
            return "";
        }
        if (fits(seat, wish)) {
            reasons.push_back(seat.name + " is down (" + seat.reason + ")");
        } else if (wish.only.empty() && has_labels(seat, wish)) {
            reasons.push_back(seat.name + " is draining");
        }
    }
    return "no engine can take it: " + joined(reasons);
}

bool EnginePool::is_avoided(const EngineSeat& seat, const Wish& wish) const {
    return seat.name == wish.avoided && std::ranges::any_of(seats_, [&](const EngineSeat& other) {
               return &other != &seat && other.up && fits(other, wish);
           });
}

EngineSeat* EnginePool::choose(const Wish& wish) {
    EngineSeat* best = nullptr;
    for (EngineSeat& seat : seats_) {
        if (!fits(seat, wish) || !has_place(seat) || is_avoided(seat, wish)) {
            continue;
        }
        if (seat.name == wish.preferred) {
            return &seat;
        }
        if (best == nullptr || load_with_one_more(seat) < load_with_one_more(*best)) {
            best = &seat;
        }
    }
    return best;
}

void EnginePool::hand_out() {
    for (auto at = waiting_.begin(); at != waiting_.end() && busy_ < most_steps_;) {
        Waiting& waiting = **at;
        waiting.seat = choose(waiting.wish);
        if (waiting.seat == nullptr) {
            ++at;
            continue;
        }
        ++waiting.seat->busy;
        ++busy_;
        ++version_;
        waiting.granted.cancel();
        at = waiting_.erase(at);
    }
}

void EnginePool::release(EngineSeat& seat) {
    --seat.busy;
    --busy_;
    ++version_;
    hand_out();
}

void EnginePool::learn(EngineSeat& seat, Result<engine::EngineInfo> info) {
    const bool is_new = !seat.up && seat.reason.empty();
    if (info.has_value() != seat.up || is_new) {
        log::info(
            "engine is " + std::string(info ? "up" : "down"),
            {{"engine", seat.name}, {"reason", info ? "" : info.error().message}}
        );
    }
    ++version_;
    seat.up = info.has_value();
    seat.reason = info ? "" : info.error().message;
    if (info) {
        seat.info = std::move(*info);
    }
    metrics_.engine_up(seat.name, seat.up);
    hand_out();
}

net::awaitable<void> EnginePool::watch(std::size_t at) {
    EngineSeat& seat = seats_[at];
    auto pause = first_pause;
    while (true) {
        auto info = co_await seat.engine->ping();
        auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
        learn(seat, std::move(info));
        alarms_[at].expires_after(seat.up ? between_pings : pause);
        pause = seat.up ? first_pause : std::min(2 * pause, between_pings);
        co_await alarms_[at].async_wait(token);
        state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
    }
}

net::awaitable<void> EnginePool::measure(std::size_t at) {
    EngineSeat& seat = seats_[at];
    net::steady_timer timer(co_await net::this_coro::executor);
    while (true) {
        const bool was_up = seat.up;
        if (was_up) {
            const auto used = co_await seat.engine->disk_usage();
            seat.disk_used = used ? std::optional(*used) : std::nullopt;
            ++version_;
        }
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
        timer.expires_after(was_up ? between_measures : first_pause);
        const auto [error] = co_await timer.async_wait(token);
        if (error) {
            co_return;
        }
    }
}

void EnginePool::suspect(const EngineSeat& seat) {
    alarms_[static_cast<std::size_t>(&seat - seats_.data())].cancel();
}

void EnginePool::change(std::string_view name, SeatSettings settings) {
    const auto seat = std::ranges::find(seats_, name, &EngineSeat::name);
    if (seat != seats_.end()) {
        seat->settings = std::move(settings);
        ++version_;
        hand_out();
    }
}

}  // namespace slipway::factory
