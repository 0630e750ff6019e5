#include "server/factory/run_build.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/schedule.hpp"
#include "server/base/stop.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <exception>
#include <expected>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;

struct Ended {
    int position = 0;
    Result<store::Step> step;
};

using EndedChannel = net::experimental::channel<void(boost::system::error_code, Ended)>;

std::vector<std::vector<int>> needs_of(const std::vector<store::Step>& steps) {
    std::vector<std::vector<int>> needs;
    needs.reserve(steps.size());
    for (const store::Step& step : steps) {
        needs.push_back(step.needs);
    }
    return needs;
}

class BuildRun {
public:
    BuildRun(
        const net::any_io_executor& executor,
        Workshop& workshop,
        const Source& source,
        std::vector<store::Step> steps,
        Observer observer
    )
        : executor_(executor),
          workshop_(workshop),
          source_(source),
          steps_(std::move(steps)),
          observer_(std::move(observer)),
          schedule_(needs_of(steps_)),
          ended_(executor, steps_.size()),
          bases_(executor),
          parents_(bases_, source_, steps_) {}

    net::awaitable<Result<Outcome>> run() {
        while (true) {
            co_await start_ready();
            if (running_ == 0) {
                break;
            }
            Ended ended = co_await ended_.async_receive(net::use_awaitable);
            --running_;
            co_await settle(std::move(ended));
        }
        if (broken_) {
            co_return std::unexpected(*broken_);
        }
        co_return outcome();
    }

private:
    store::Step& at(int position) { return steps_[static_cast<std::size_t>(position)]; }

    static bool is_done(const store::Step& step) {
        return model::is_final(step.state) || (step.state == StepState::built && !step.push);
    }

    net::awaitable<void> start_ready() {
        while (!schedule_.ready().empty() && !broken_ && !workshop_.stop.requested()) {
            const int position = *schedule_.ready().begin();
            schedule_.started(position);
            store::Step& step = at(position);
            if (is_done(step)) {
                co_await advance(step);
                continue;
            }
            if (step.state == StepState::waiting) {
                step.state = StepState::ready;
                if (auto recorded = co_await observer_.record(step); !recorded) {
                    broken_ = recorded.error();
                    co_return;
                }
            }
            spawn(step);
        }
    }

    void spawn(const store::Step& step) {
        ++running_;
        Stop::Registration& registration = registrations_.emplace_back(workshop_.stop);
        net::co_spawn(
            executor_,
            run_step(workshop_, source_, observer_, parents_, step),
            net::bind_cancellation_slot(
                registration.slot(),
                [this,
                 position = step.position](std::exception_ptr thrown, Result<store::Step> result) {
                    if (thrown) {
                        result = fail(ErrorCode::internal, "a step ended by an exception");
                    }
                    ended_.try_send(
                        boost::system::error_code{}, Ended{position, std::move(result)}
                    );
                }
            )
        );
    }

    net::awaitable<void> settle(Ended ended) {
        if (!ended.step) {
            broken_ = ended.step.error();
            co_return;
        }
        at(ended.position) = std::move(*ended.step);
        if (is_done(at(ended.position))) {
            co_await advance(at(ended.position));
        }
    }

    /// Tells the schedule, and those that waited for a step that failed.
    net::awaitable<void> advance(const store::Step& step) {
        const bool done = step.state == StepState::built || step.state == StepState::pushed ||
                          step.state == StepState::unchanged;
        for (const int lost : schedule_.finished(
                 step.position, done ? plan::StepEnd::done : plan::StepEnd::failed
             )) {
            store::Step& skipped = at(lost);
            if (is_done(skipped)) {
                continue;
            }
            skipped.state = StepState::skipped;
            skipped.error =
                "not built, because " + step.folder + " " + std::string(to_string(step.state));
            skipped.finished = workshop_.clock.now();
            workshop_.metrics.step_finished("skipped");
            if (auto recorded = co_await observer_.record(skipped); !recorded) {
                broken_ = recorded.error();
            }
        }
    }

    [[nodiscard]] Outcome outcome() const {
        bool failed = false;
        for (const store::Step& step : steps_) {
            if (!is_done(step)) {
                return Outcome::stopped;
            }
            failed = failed || step.state == StepState::failed ||
                     step.state == StepState::skipped || step.state == StepState::cancelled;
        }
        return failed ? Outcome::failed : Outcome::succeeded;
    }

    net::any_io_executor executor_;
    Workshop& workshop_;
    const Source& source_;
    std::vector<store::Step> steps_;
    Observer observer_;
    plan::Schedule schedule_;
    EndedChannel ended_;
    Bases bases_;
    Parents parents_;
    std::list<Stop::Registration> registrations_;
    std::size_t running_ = 0;
    std::optional<Error> broken_;
};

}  // namespace

net::awaitable<Result<Outcome>> run_build(
    Workshop& workshop, const Source& source, std::vector<store::Step> steps, Observer observer
) {
    // The children must end before the frame they refer to goes: a cancelled build still waits for
    // them.
    co_await net::this_coro::throw_if_cancelled(false);
    BuildRun run(
        co_await net::this_coro::executor, workshop, source, std::move(steps), std::move(observer)
    );
    co_return co_await run.run();
}

}  // namespace slipway::factory
