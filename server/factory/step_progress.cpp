#include "server/factory/step_progress.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/model/retry.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/jitter.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace slipway::factory {
namespace {

using model::StepState;

/// A registry that asks for more than this is asked again all the same.
constexpr std::chrono::seconds longest_asked_wait = std::chrono::minutes(5);

}  // namespace

StepProgress::StepProgress(Workshop& workshop, const Observer& observer, store::Step step)
    : workshop_(workshop), observer_(observer), step_(std::move(step)) {}

bool StepProgress::goes_on() const {
    return !is_done() && !is_cancelled_ && !workshop_.stop.requested();
}

bool StepProgress::is_done() const {
    return model::is_final(step_.state) || (step_.state == StepState::built && !step_.push);
}

net::awaitable<Result<void>> StepProgress::enter(StepState state) {
    step_.state = state;
    if (is_done()) {
        step_.finished = workshop_.clock.now();
        workshop_.metrics.step_finished(to_string(state));
    }
    co_return co_await record();
}

net::awaitable<Result<void>> StepProgress::record() {
    return observer_.record(step_);
}

void StepProgress::say(const wire::LogLine& line) {
    observer_.log(step_.position, line);
}

engine::LogSink StepProgress::log() {
    return [this](const wire::LogLine& line) { say(line); };
}

net::awaitable<bool> StepProgress::ends_by(const Error& error) {
    const auto state = co_await net::this_coro::cancellation_state;
    const bool ends =
        error.code == ErrorCode::cancelled &&
        (workshop_.stop.requested() || state.cancelled() != net::cancellation_type::none);
    is_cancelled_ = is_cancelled_ || ends;
    co_return ends;
}

void StepProgress::tell(const Error& error) {
    say({wire::LogLine::Kind::error, error.message});
    step_.error = error.message;
}

net::awaitable<Result<void>> StepProgress::give_up(const Error& error) {
    tell(error);
    observer_.failed(step_.position, error);
    co_return co_await enter(StepState::failed);
}

net::awaitable<Result<void>> StepProgress::give_up_or_wait(
    const Error& error, StepState again, std::string_view what
) {
    const bool ends = co_await ends_by(error);
    if (ends) {
        co_return co_await enter(again);
    }
    const auto wait = error.code == ErrorCode::unavailable
                          ? model::next_wait(workshop_.retry, step_.attempts, random_share())
                          : std::nullopt;
    if (!wait) {
        co_return co_await give_up(error);
    }
    tell(error);
    workshop_.metrics.retried(what);
    wait_ = std::max<std::chrono::milliseconds>(
        *wait, std::min<std::chrono::seconds>(error.retry_after, longest_asked_wait)
    );
    co_return co_await enter(again);
}

}  // namespace slipway::factory
