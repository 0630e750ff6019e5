#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/config/live_config.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace slipway::factory {

namespace net = boost::asio;

/// Keeps the store from growing for ever: removes what `retention` says. Of several processes on
/// one store only the leader does. On one thread.
class StoreCare {
public:
    /// All outlive it.
    StoreCare(
        const net::any_io_executor& executor,
        const config::LiveConfig& config,
        store::Store& store,
        const Clock& clock
    );

    /// Prunes now, then every hour. Until it is cancelled.
    [[nodiscard]] net::awaitable<void> run();

    /// Prunes until nothing is left that is too old, a little at a time, so that webhooks and steps
    /// get in between. Answers what went; nothing where another process leads.
    [[nodiscard]] net::awaitable<Result<store::Pruned>> prune();

private:
    net::awaitable<void> prune_and_tell();

    const config::LiveConfig& config_;
    store::Store& store_;
    const Clock& clock_;
    net::steady_timer next_;
};

}  // namespace slipway::factory
