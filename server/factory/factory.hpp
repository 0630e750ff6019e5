#pragma once

#include "core/base/result.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/build_planner.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/running_steps.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/worker.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace slipway::factory {

/// The daemon's loop: claims builds and plans them, claims steps and takes them to their ends,
/// reports. All on one thread, its executor's.
class Factory {
public:
    Factory(net::any_io_executor executor, Parts parts);
    Factory(const Factory&) = delete;
    Factory& operator=(const Factory&) = delete;
    Factory(Factory&&) = delete;
    Factory& operator=(Factory&&) = delete;
    ~Factory();

    /// Works until Stop is requested and what runs has ended. What an earlier process of this name
    /// left undone is claimed as everything else is: there is one path for both.
    net::awaitable<void> run();

    /// Something may be there to be claimed: look now. The store is also looked at every few
    /// seconds; this only saves the wait.
    void wake();

    /// Somebody cancelled a build: ask now which steps are to be stopped.
    void ask_for_orders();

    /// What merging would build, see Sites.
    [[nodiscard]] net::awaitable<Result<MergePlan>> plan_merge(
        std::string repository, MergeRequest request
    ) {
        return sites_.plan_merge(std::move(repository), std::move(request));
    }

    [[nodiscard]] const Breakers& breakers() const { return breakers_; }

private:
    net::awaitable<void> work();
    net::awaitable<void> live();
    net::awaitable<void> look();
    net::awaitable<bool> find_track();
    net::awaitable<bool> claim_build();
    net::awaitable<bool> claim_steps();
    net::awaitable<void> obey(store::Orders orders);

    void launch(net::awaitable<void> job, std::function<void()> ended);
    [[nodiscard]] std::size_t places() const;
    void look_again_in(std::chrono::milliseconds wait);

    net::any_io_executor executor_;
    Parts parts_;
    Breakers breakers_;
    Sites sites_;
    Worker worker_;
    BuildPlanner planner_;
    RunningSteps steps_;
    net::steady_timer idle_;
    net::steady_timer beat_;
    std::multiset<net::steady_timer::time_point> alarms_;  // when to look besides
    bool woken_ = false;
    bool has_orders_ = false;      ///< somebody cancelled a build: the next heartbeat is now
    bool has_lost_track_ = false;  ///< of what it has claimed: an answer of the store's was lost
    std::set<BuildId> planning_;
    std::size_t active_ = 0;
};

}  // namespace slipway::factory
