#include "server/factory/run_step.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/build_and_push.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/step_progress.hpp"
#include "server/factory/unchanged.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace slipway::factory {
namespace {

using model::StepState;

/// The way of a step around its attempts: whether any is needed, when one may be made, and where.
class StepRun {
public:
    StepRun(
        Workshop& workshop,
        const Source& source,
        const Observer& observer,
        Parents& parents,
        store::Step step
    )
        : workshop_(workshop),
          source_(source),
          parents_(parents),
          progress_(workshop, observer, std::move(step)),
          step_(progress_.step()),
          work_(workshop, source, parents, progress_) {}

    net::awaitable<Result<store::Step>> run() {
        if (auto settled = co_await end_where_unchanged(); !settled) {
            co_return std::unexpected(settled.error());
        }
        while (progress_.goes_on()) {
            if (!hold_back(false)) {
                const auto worked = co_await work_on_engine();
                if (!worked) {
                    co_return std::unexpected(worked.error());
                }
            }
            const auto wait = progress_.wait();
            if (wait && workshop_.gives_back) {
                step_.not_before = workshop_.clock.now() + *wait;
                break;
            }
            if (wait) {
                // Without a place on an engine: others work meanwhile.
                net::steady_timer timer(co_await net::this_coro::executor, *wait);
                co_await timer.async_wait(net::as_tuple(net::use_awaitable));
                progress_.set_wait(std::nullopt);
            }
        }
        co_return step_;
    }

private:
    /// What was pushed already, bit for bit the same as far as can be known, is not built again.
    /// The input id and the bases are for the ledger, also of what is built in any case.
    net::awaitable<Result<void>> end_where_unchanged() {
        if (step_.state != StepState::ready || !workshop_.find_pushed) {
            co_return Result<void>{};
        }
        const bool may_end = !workshop_.always_builds && !is_wanted_anew();
        const Foreknown known = co_await foreknow(
            workshop_, source_, parents_.bases(), step_, may_end, progress_.log()
        );
        step_.input_id = known.input_id;
        step_.bases = known.bases;
        if (!known.digests) {
            co_return Result<void>{};
        }
        step_.digests = *known.digests;
        step_.note = "not built: " + known.why;
        progress_.say({wire::LogLine::Kind::step, step_.note});
        co_return co_await progress_.enter(StepState::unchanged);
    }

    /// What its input id does not tell: files that its Dockerfile fetches by other ways, which it
    /// watches, and a parent that was made anew though it has the same id.
    [[nodiscard]] bool is_wanted_anew() const {
        return step_.reasons.contains(R"("kind":"watched")") ||
               step_.reasons.contains(R"("kind":"requested")") || !parents_.are_unchanged(step_);
    }

    /// Whether its registry is left alone for a while. Attempts are not used up by that. Only who
    /// is about to push takes the turn of the one that is let through.
    [[nodiscard]] bool hold_back(bool is_about_to_push) {
        if (step_.state != StepState::built || workshop_.breakers == nullptr) {
            return false;
        }
        const auto until = is_about_to_push ? workshop_.breakers->ask(registry_of(step_))
                                            : workshop_.breakers->blocked_until(registry_of(step_));
        if (until) {
            progress_.set_wait(*until - workshop_.clock.now());
            step_.note = "waiting: registry " + registry_of(step_) + " failed again and again";
        }
        return until.has_value();
    }

    /// Builds and pushes until it is done or has to wait for another attempt.
    net::awaitable<Result<void>> work_on_engine() {
        Wish wish = parents_.wish(workshop_, step_);
        wish.avoided = workshop_.full_engine;
        if (auto told = co_await tell_of_waiting(wish); !told) {
            co_return told;
        }
        auto lease = co_await workshop_.engines.acquire(wish);
        if (!lease) {
            co_return co_await go_without(lease.error());
        }
        EngineSeat& seat = lease->seat();
        if (!parents_.settle(step_, seat)) {
            co_return Result<void>{};  // it takes a place on the right one
        }
        while (progress_.goes_on() && !progress_.wait() && !hold_back(true)) {
            Result<void> moved;
            if (step_.state == StepState::built) {
                moved = co_await work_.push(seat);
            } else {
                moved = co_await work_.build(seat);
            }
            if (!moved) {
                co_return moved;
            }
        }
        co_return Result<void>{};
    }

    /// A person who looks finds why nothing happens.
    net::awaitable<Result<void>> tell_of_waiting(const Wish& wish) {
        const std::string why = workshop_.engines.why_none(wish);
        if (why == step_.note) {
            co_return Result<void>{};
        }
        step_.note = why;
        if (!why.empty()) {
            progress_.say({wire::LogLine::Kind::warning, "waiting: " + why});
        }
        co_return co_await progress_.record();
    }

    net::awaitable<Result<void>> go_without(const Error& error) {
        const bool ends = co_await progress_.ends_by(error);
        if (ends) {
            co_return Result<void>{};  // it stays as it was
        }
        if (step_.state == StepState::built && error.code == ErrorCode::not_found) {
            co_return co_await work_.build_again(error.message);
        }
        co_return co_await progress_.give_up(error);
    }

    Workshop& workshop_;
    const Source& source_;
    Parents& parents_;
    StepProgress progress_;
    store::Step& step_;
    BuildAndPush work_;
};

}  // namespace

net::awaitable<Result<store::Step>> run_step(
    Workshop& workshop,
    const Source& source,
    const Observer& observer,
    Parents& parents,
    store::Step step
) {
    // Being cancelled is an answer of the engine's, which still has to be recorded.
    co_await net::this_coro::throw_if_cancelled(false);
    StepRun run(workshop, source, observer, parents, std::move(step));
    co_return co_await run.run();
}

}  // namespace slipway::factory
