#pragma once

#include "core/base/result.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/worker.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::factory {

/// Takes a build that this process has claimed to its plan. All on one thread.
class BuildPlanner {
public:
    /// All outlive it, and it what it is asked for.
    BuildPlanner(Parts& parts, Sites& sites, Worker& worker)
        : parts_(parts), sites_(sites), worker_(worker) {}

    /// Plans and writes the plan; what may pass is tried again. A build that can't be planned ends
    /// in the store, with why. Ends early when the process stops.
    [[nodiscard]] net::awaitable<void> plan(store::Build build);

private:
    net::awaitable<Result<void>> plan_with_retries(store::Build build);
    net::awaitable<Result<void>> plan_once(store::Build build);
    net::awaitable<void> give_up(store::Build build, Error error);

    Parts& parts_;
    Sites& sites_;
    Worker& worker_;
};

}  // namespace slipway::factory
