#include "server/factory/run_step.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/model/build_state.hpp"
#include "core/model/image_ref.hpp"
#include "core/model/retry.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/attest.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/image_work.hpp"
#include "server/factory/jitter.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/registries.hpp"
#include "server/factory/unchanged.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::factory {
namespace {

using model::StepState;

/// A registry that asks for more than this is asked again all the same.
constexpr std::chrono::seconds longest_asked_wait = std::chrono::minutes(5);

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
          observer_(observer),
          parents_(parents),
          step_(std::move(step)) {}

    net::awaitable<Result<store::Step>> run() {
        if (auto settled = co_await end_where_unchanged(); !settled) {
            co_return std::unexpected(settled.error());
        }
        while (goes_on()) {
            if (!hold_back(false)) {
                const auto worked = co_await work_on_engine();
                if (!worked) {
                    co_return std::unexpected(worked.error());
                }
            }
            if (wait_ && workshop_.gives_back) {
                step_.not_before = workshop_.clock.now() + *wait_;
                break;
            }
            if (wait_) {
                // Without a place on an engine: others work meanwhile.
                net::steady_timer timer(co_await net::this_coro::executor, *wait_);
                co_await timer.async_wait(net::as_tuple(net::use_awaitable));
                wait_.reset();
            }
        }
        co_return step_;
    }

private:
    [[nodiscard]] bool goes_on() const {
        return !is_done() && !is_cancelled_ && !workshop_.stop.requested();
    }

    /// What was pushed already, bit for bit the same as far as can be known, is not built again.
    net::awaitable<Result<void>> end_where_unchanged() {
        if (step_.state != StepState::ready || !workshop_.find_pushed || workshop_.always_builds) {
            co_return Result<void>{};
        }
        const bool may_end = !is_wanted_anew();
        const Foreknown known =
            co_await foreknow(workshop_, source_, parents_.bases(), step_, may_end, log());
        step_.input_id = known.input_id;
        step_.bases = known.bases;
        if (!known.digests) {
            co_return Result<void>{};
        }
        step_.digests = *known.digests;
        step_.note = "not built: " + known.why;
        observer_.log(step_.position, {wire::LogLine::Kind::step, step_.note});
        co_return co_await enter(StepState::unchanged);
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
        const auto until = is_about_to_push ? workshop_.breakers->ask(registry())
                                            : workshop_.breakers->blocked_until(registry());
        if (until) {
            wait_ = *until - workshop_.clock.now();
            step_.note = "waiting: registry " + registry() + " failed again and again";
        }
        return until.has_value();
    }

    /// Where the step is pushed to.
    [[nodiscard]] std::string registry() const {
        const auto reference =
            model::parse_image_ref(step_.references.empty() ? step_.image : step_.references[0]);
        return reference ? reference->domain : "";
    }

    void tell_breaker(const std::optional<Error>& error) {
        if (workshop_.breakers == nullptr) {
            return;
        }
        if (!error) {
            workshop_.breakers->worked(registry());
        } else if (error->code == ErrorCode::unavailable) {
            workshop_.breakers->failed(registry());
        }
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
        while (goes_on() && !wait_ && !hold_back(true)) {
            Result<void> moved;
            if (step_.state == StepState::built) {
                moved = co_await push(seat);
            } else {
                moved = co_await build(seat);
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
            observer_.log(step_.position, {wire::LogLine::Kind::warning, "waiting: " + why});
        }
        co_return co_await observer_.record(step_);
    }

    net::awaitable<Result<void>> go_without(const Error& error) {
        const auto state = co_await net::this_coro::cancellation_state;
        if (error.code == ErrorCode::cancelled &&
            (workshop_.stop.requested() || state.cancelled() != net::cancellation_type::none)) {
            is_cancelled_ = true;  // it stays as it was
            co_return Result<void>{};
        }
        if (step_.state == StepState::built && error.code == ErrorCode::not_found) {
            co_return co_await build_again(error.message);
        }
        observer_.log(step_.position, {wire::LogLine::Kind::error, error.message});
        step_.error = error.message;
        observer_.failed(step_.position, error);
        co_return co_await enter(StepState::failed);
    }

    [[nodiscard]] bool is_done() const {
        return model::is_final(step_.state) || (step_.state == StepState::built && !step_.push);
    }

    [[nodiscard]] engine::LogSink log() {
        return [this](const wire::LogLine& line) {
            // A RUN only fails; why, it has printed.
            said_disk_full_ = said_disk_full_ || says_disk_full(line.text);
            observer_.log(step_.position, line);
        };
    }

    net::awaitable<Result<void>> enter(StepState state) {
        step_.state = state;
        if (model::is_final(state) || (state == StepState::built && !step_.push)) {
            step_.finished = workshop_.clock.now();
            workshop_.metrics.step_finished(to_string(state));
        }
        co_return co_await observer_.record(step_);
    }

    net::awaitable<Result<void>> build(EngineSeat& seat) {
        const store::Time began = workshop_.clock.now();
        step_.started = step_.started.value_or(began);
        step_.engine = seat.name;
        step_.note.clear();
        ++step_.attempts;
        if (auto entered = co_await enter(StepState::building); !entered) {
            co_return entered;
        }
        if (workshop_.refuse_overwrite && workshop_.registries != nullptr && step_.push) {
            const auto free = co_await check_not_taken(workshop_, step_);
            if (!free) {
                co_return co_await give_up_or_wait(free.error(), StepState::ready, "registry");
            }
        }
        said_disk_full_ = false;
        auto id = co_await build_with_parents(seat);
        if (!id) {
            look_at_disk(seat, id.error());
            co_await look_at_engine(seat, id.error());
            ask_if_away(seat, id.error());
            co_return co_await give_up_or_wait(id.error(), StepState::ready, "build");
        }
        step_.image_id = *id;
        is_known_there_ = true;
        step_.attempts = 0;
        step_.error.clear();
        step_.built = workshop_.clock.now();
        workshop_.metrics.step_phase("build", *step_.built - began);
        co_return co_await enter(StepState::built);
    }

    net::awaitable<Result<std::string>> build_with_parents(EngineSeat& seat) {
        const catalog::Image image =
            source_.catalog.image(*source_.catalog.find(step_.folder == "." ? "" : step_.folder));
        const auto parents = co_await parents_.provide(workshop_, seat, image, log());
        if (!parents) {
            co_return std::unexpected(parents.error());
        }
        co_return co_await build_image(workshop_, source_, image, step_, seat, log());
    }

    net::awaitable<Result<void>> push(EngineSeat& seat) {
        const store::Time began = workshop_.clock.now();
        if (!std::exchange(is_known_there_, true) && !co_await is_still_there(seat)) {
            co_return co_await build_again("the built image is gone from the engine");
        }
        step_.note.clear();
        ++step_.attempts;
        if (auto entered = co_await enter(StepState::pushing); !entered) {
            co_return entered;
        }
        for (const std::string& reference : step_.references) {
            if (step_.digests.contains(reference)) {
                continue;
            }
            const auto digest =
                co_await push_reference(workshop_, seat, step_.image_id, reference, log());
            if (!digest) {
                ask_if_away(seat, digest.error());
                tell_breaker(digest.error());
                is_known_there_ = false;  // an engine that was away may have come back without it
                co_return co_await give_up_or_wait(digest.error(), StepState::built, "push");
            }
            step_.digests.emplace(reference, *digest);
        }
        tell_breaker(std::nullopt);
        workshop_.metrics.step_phase("push", workshop_.clock.now() - began);
        if (const auto said = co_await attest(workshop_, source_, step_, log()); !said) {
            co_return co_await give_up_or_wait(said.error(), StepState::built, "attest");
        }
        step_.error.clear();
        co_return co_await enter(StepState::pushed);
    }

    net::awaitable<Result<void>> build_again(const std::string& why) {
        observer_.log(step_.position, {wire::LogLine::Kind::warning, why + ": building again"});
        is_known_there_ = false;
        step_.attempts = 0;
        step_.digests.clear();  // of the image that is gone; all names get the new one
        step_.attested.clear();
        co_return co_await enter(StepState::ready);
    }

    /// A full disk is no fault of the Dockerfile: another engine, or the same one later, has room.
    void look_at_disk(const EngineSeat& seat, Error& error) {
        if (!said_disk_full_ && !says_disk_full(error.message)) {
            return;
        }
        error.code = ErrorCode::unavailable;
        error.message = "the disk of engine " + seat.name + " is full: " + error.message;
        workshop_.full_engine = seat.name;
        if (workshop_.care != nullptr) {
            workshop_.care->disk_is_full(seat.name);
        }
    }

    /// Nor is an engine that is being stopped: of a RUN that it has just begun it says the same as
    /// of one that fails. By then it takes no connections.
    static net::awaitable<void> look_at_engine(EngineSeat& seat, Error& error) {
        if (error.code != ErrorCode::failed) {
            co_return;
        }
        const auto found = co_await seat.engine->ping();
        if (!found && found.error().code == ErrorCode::unavailable) {
            error.code = ErrorCode::unavailable;
            error.message = "engine " + seat.name + " went away: " + error.message;
        }
    }

    void ask_if_away(const EngineSeat& seat, const Error& error) {
        if (error.code == ErrorCode::unavailable) {
            workshop_.engines.suspect(seat);
        }
    }

    /// An engine that does not answer is the push's problem, not a reason to build again.
    net::awaitable<bool> is_still_there(EngineSeat& seat) {
        const auto found = co_await seat.engine->inspect(step_.image_id);
        co_return !found || found->has_value();
    }

    net::awaitable<Result<void>> give_up_or_wait(
        const Error& error, StepState again, std::string_view what
    ) {
        const auto state = co_await net::this_coro::cancellation_state;
        if (error.code == ErrorCode::cancelled &&
            (workshop_.stop.requested() || state.cancelled() != net::cancellation_type::none)) {
            is_cancelled_ = true;
            co_return co_await enter(again);
        }
        observer_.log(step_.position, {wire::LogLine::Kind::error, error.message});
        step_.error = error.message;
        const auto wait = error.code == ErrorCode::unavailable
                              ? model::next_wait(workshop_.retry, step_.attempts, random_share())
                              : std::nullopt;
        if (!wait) {
            observer_.failed(step_.position, error);
            co_return co_await enter(StepState::failed);
        }
        workshop_.metrics.retried(what);
        wait_ = std::max<std::chrono::milliseconds>(
            *wait, std::min<std::chrono::seconds>(error.retry_after, longest_asked_wait)
        );
        co_return co_await enter(again);
    }

    Workshop& workshop_;
    const Source& source_;
    const Observer& observer_;
    Parents& parents_;
    store::Step step_;
    std::optional<std::chrono::milliseconds> wait_;  // before the next attempt
    bool is_cancelled_ = false;
    bool said_disk_full_ = false;
    bool is_known_there_ = false;  // a step from before a restart may have lost its image
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
