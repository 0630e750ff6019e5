#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/compare_branches.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace slipway::factory {

namespace net = boost::asio;

/// Whether a repository's remote could be asked for its branches.
struct RemoteHealth {
    bool ok = true;
    std::string error;                  ///< empty where it is ok
    store::Time since{};                ///< it is so
    std::optional<store::Time> next{};  ///< not asked again before then; nothing where it is ok

    bool operator==(const RemoteHealth&) const = default;
};

/// Makes the builds that lost webhooks would have made: compares the remotes' branches with up to
/// where they were planned, without fetching. Also asks for the builds of folders whose base moved.
/// Of several processes on one store only the leader does. On one thread.
class Reconciler {
public:
    /// All outlive it. `fetching`: for what waits for remotes. `wake`: builds were asked for.
    Reconciler(
        const net::any_io_executor& executor,
        const config::LiveConfig& config,
        store::Store& store,
        net::thread_pool& fetching,
        const Clock& clock,
        Metrics& metrics,
        std::function<void()> wake
    );

    /// Looks at all repositories now, then every `reconcile_interval`. Until it is cancelled.
    [[nodiscard]] net::awaitable<void> run();

    /// Looks at all repositories once, one after the other; passes over those whose remote failed
    /// a short while ago. Does nothing where another process leads.
    [[nodiscard]] net::awaitable<void> look_at_all();

    /// By the configured name, of those that were looked at; none where another process leads.
    [[nodiscard]] std::map<std::string, RemoteHealth> health() const;

private:
    struct Watched {
        RemoteHealth health;
        int failures = 0;  ///< since it was ok
        const config::Repository* settings = nullptr;
    };

    net::awaitable<bool> look_at(const config::Repository& repository);
    net::awaitable<Result<bool>> compare(const config::Repository& repository);
    net::awaitable<Result<Tips>> ask(const config::Repository& repository);
    net::awaitable<Result<std::vector<store::Build>>> newest_builds(
        const std::string& repository, int most
    );
    net::awaitable<Result<void>> find_builds(const std::string& repository, Sight& sight);
    net::awaitable<Result<void>> find_older_builds(const std::string& repository, Sight& sight);
    net::awaitable<Result<bool>> apply(Findings findings);
    [[nodiscard]] bool is_due(const config::Repository& repository) const;
    void tell(const config::Repository& repository, const Result<Tips>& asked);

    const config::LiveConfig& config_;
    store::Store& store_;
    net::thread_pool& fetching_;
    const Clock& clock_;
    Metrics& metrics_;
    std::function<void()> wake_;
    net::steady_timer next_;
    std::map<std::string, Watched> watched_;  ///< by the configured name
};

}  // namespace slipway::factory
