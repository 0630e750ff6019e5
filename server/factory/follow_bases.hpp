#pragma once

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/clock.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/moved_bases.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::factory {

namespace net = boost::asio;

/// Looks whether the external bases of what was pushed have other digests by now, owes what stands
/// on one that moved, and asks for its build. Of several processes on one store only the leader
/// does. Asks one registry after the other, a question a second at most. On one thread.
class BaseFollower {
public:
    /// All outlive it. `wake`: builds were asked for. `pause`: between two questions.
    BaseFollower(
        const net::any_io_executor& executor,
        const config::LiveConfig& config,
        store::Store& store,
        registry::CredentialSource& credentials,
        registry::RegistryClient& registries,
        net::thread_pool& blocking,
        const Clock& clock,
        std::function<void()> wake,
        std::chrono::milliseconds pause = std::chrono::seconds(1)
    );

    /// Follows each repository now, then every `follow_bases`. Until it is cancelled.
    [[nodiscard]] net::awaitable<void> run();

    /// Follows the repositories that it is time for. A registry that is away is left alone for a
    /// while, and its repositories are looked at again as soon as it may be asked. Does nothing
    /// where another process leads.
    [[nodiscard]] net::awaitable<void> follow_all();

private:
    struct Due {
        store::Time next{};
        std::chrono::seconds interval{};
    };

    struct Away {
        store::Time next{};
        int failures = 0;
    };

    using Digest = std::optional<std::string>;  // nothing: unknown for now

    /// A round through one repository.
    struct Round {
        std::string seen;                 ///< when it began
        std::optional<store::Time> next;  ///< when a registry that is away may be asked again
    };

    net::awaitable<Result<Round>> follow(const config::Repository& repository);
    net::awaitable<Result<BaseUses>> find_uses(const config::Repository& repository);
    net::awaitable<Digest> ask(model::ImageRef reference, Round& round);
    net::awaitable<Result<Digest>> ask_registry(model::ImageRef reference);
    net::awaitable<Result<void>> owe(
        const config::Repository& repository,
        const std::vector<BaseUse>& uses,
        const std::string& digest,
        const Round& round
    );
    void note_failure(const model::ImageRef& reference, const Error& error, Round& round);

    const config::LiveConfig& config_;
    store::Store& store_;
    registry::CredentialSource& credentials_;
    registry::RegistryClient& registries_;
    net::thread_pool& blocking_;
    const Clock& clock_;
    std::function<void()> wake_;
    const std::chrono::milliseconds pause_;
    net::steady_timer timer_;
    std::chrono::steady_clock::time_point may_ask_{};
    std::map<std::string, Due> due_;    ///< by repository
    std::map<std::string, Away> away_;  ///< by a registry's domain
};

}  // namespace slipway::factory
