#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::reports {

namespace net = boost::asio;

/// What GitLab says of a repository's webhook to us.
struct HookHealth {
    store::Time asked{};
    std::string error;                           ///< why it is not known; empty: it is
    std::optional<gitlab::Hook> hook;            ///< none: no webhook of the project leads to us
    std::vector<gitlab::MissedDelivery> missed;  ///< of the last days, of GitLab's own log

    bool operator==(const HookHealth&) const = default;
};

/// The webhook that leads to us: to `public_url` where that is configured; null: none does.
[[nodiscard]] const gitlab::Hook* find_ours(
    const std::vector<gitlab::Hook>& hooks, std::string_view public_url
);

/// Asks GitLab how it judges the webhooks to us, of repositories with a token: every hour, and
/// after a push was missed. Of several processes on one store only the leader does. On one thread.
class HookWatch {
public:
    /// All outlive it.
    HookWatch(
        const net::any_io_executor& executor,
        const config::LiveConfig& config,
        store::Store& store,
        gitlab::GitlabClient& gitlab,
        const Clock& clock,
        Metrics& metrics
    );

    /// Until it is cancelled.
    [[nodiscard]] net::awaitable<void> run();

    /// Asks for all repositories, one after the other.
    [[nodiscard]] net::awaitable<void> look_at_all();

    /// A push was missed. Looks now, but not more often than every ten minutes.
    void look_soon();

    /// By the configured name, of those that were looked at; none where another process leads.
    [[nodiscard]] const std::map<std::string, HookHealth>& health() const { return health_; }

private:
    net::awaitable<HookHealth> look_at(const config::Repository& repository);
    void tell(const std::string& repository, HookHealth health);

    const config::LiveConfig& config_;
    store::Store& store_;
    gitlab::GitlabClient& gitlab_;
    const Clock& clock_;
    Metrics& metrics_;
    net::steady_timer next_;
    store::Time looked_{};
    std::map<std::string, HookHealth> health_;
};

}  // namespace slipway::reports
