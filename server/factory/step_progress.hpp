#pragma once

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace slipway::factory {

/// A step as it stands while run_step() works on it: every state is recorded before what follows
/// from it is done, and what failed waits for another attempt or is given up. What is answered is
/// the recorder's error, which ends the work. All on one thread.
class StepProgress {
public:
    /// `workshop` and `observer` outlive it.
    StepProgress(Workshop& workshop, const Observer& observer, store::Step step);

    [[nodiscard]] store::Step& step() { return step_; }

    /// Not at its end, nor cancelled, nor is the process to stop.
    [[nodiscard]] bool goes_on() const;

    [[nodiscard]] net::awaitable<Result<void>> enter(model::StepState state);

    /// The step as it is, in the state that it has.
    [[nodiscard]] net::awaitable<Result<void>> record();

    void say(const wire::LogLine& line);

    /// Refers to this.
    [[nodiscard]] engine::LogSink log();

    /// Whether an error is our own end: then the step does not go on.
    [[nodiscard]] net::awaitable<bool> ends_by(const Error& error);

    [[nodiscard]] net::awaitable<Result<void>> give_up(const Error& error);

    /// After an attempt that failed: it goes back to the state `again`, with a wait where the cause
    /// may pass; else it is given up. `what` was tried, for the metrics.
    [[nodiscard]] net::awaitable<Result<void>> give_up_or_wait(
        const Error& error, model::StepState again, std::string_view what
    );

    /// Before the next attempt; nothing: it goes on at once.
    [[nodiscard]] const std::optional<std::chrono::milliseconds>& wait() const { return wait_; }

    void set_wait(std::optional<std::chrono::milliseconds> wait) { wait_ = wait; }

private:
    [[nodiscard]] bool is_done() const;
    void tell(const Error& error);

    Workshop& workshop_;
    const Observer& observer_;
    store::Step step_;
    std::optional<std::chrono::milliseconds> wait_;
    bool is_cancelled_ = false;
};

}  // namespace slipway::factory
