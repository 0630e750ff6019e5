#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/work.hpp"
#include "server/factory/worker.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace slipway::factory {

/// How the loop is told that there may be something to claim: now, or after a while.
struct Wakes {
    std::function<void()> now;
    std::function<void(std::chrono::milliseconds)> later;
};

/// The steps that this process has claimed: takes each to its end, or gives it back. All on one
/// thread, its executor's.
class RunningSteps {
public:
    /// All outlive it, and it what it is asked for.
    RunningSteps(
        net::any_io_executor executor, Parts& parts, Sites& sites, Worker& worker, Wakes wakes
    );
    RunningSteps(const RunningSteps&) = delete;
    RunningSteps& operator=(const RunningSteps&) = delete;
    RunningSteps(RunningSteps&&) = delete;
    RunningSteps& operator=(RunningSteps&&) = delete;
    ~RunningSteps();

    /// Counts from now on; remove() when work_on() has ended, however it did.
    void add(const store::ClaimedStep& claimed);

    void remove(const store::StepKey& key) { running_.erase(key); }

    [[nodiscard]] std::size_t size() const { return running_.size(); }

    [[nodiscard]] std::vector<store::StepKey> keys() const;

    /// Works on a step that was added. When it ends, the store has the step as it is then.
    [[nodiscard]] net::awaitable<void> work_on(store::ClaimedStep claimed);

    /// Cancels what is to be stopped.
    void stop_as(const store::Orders& orders);

    /// All of them are others' by now: stops the work, and writes nothing more of it.
    void lose_all();

    /// Whether the rule of its branch says that a newer push stops what runs.
    [[nodiscard]] bool stops_for_newer(BuildId build) const;
    [[nodiscard]] bool any_stops_for_newer() const;

private:
    struct Running;

    net::awaitable<Result<void>> record(std::shared_ptr<Running> running, store::Step step);
    net::awaitable<Result<store::Step>> attempt(
        std::shared_ptr<Site> site,
        std::shared_ptr<Running> running,
        const Observer& observer,
        store::ClaimedStep claimed
    );
    net::awaitable<void> end_step(std::shared_ptr<Running> running, Result<store::Step> result);
    net::awaitable<void> release(store::Build build, store::Step step);
    net::awaitable<void> fail_step(store::ClaimedStep claimed, Error error);
    void tell_state(const store::Build& build, const store::Step& step);
    void write_failed(const store::Build& build, const store::StepKey& key, const Error& error);

    net::any_io_executor executor_;
    Parts& parts_;
    Sites& sites_;
    Worker& worker_;
    Wakes wakes_;
    std::map<store::StepKey, std::shared_ptr<Running>> running_;
};

}  // namespace slipway::factory
