#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/repository.hpp"
#include "core/model/retry.hpp"
#include "core/plan/plan.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::factory {

namespace net = boost::asio;

/// What a repository gives to all its builds.
struct BuildOffer {
    std::map<std::string, std::string> secrets{};  ///< by id; never shown
    std::map<std::string, std::filesystem::path> ssh_agents{};
    std::vector<std::string> cache_from{};
    bool no_cache = false;
};

/// What is said of each image once it is pushed, and what only the daemon knows of it.
struct AttestOrder {
    std::vector<config::Attestation> wanted{};
    std::filesystem::path folder{};         ///< that programs get folders in
    std::filesystem::path docker_config{};  ///< they sign in with; empty: as they know to
    BuildId build{};
    std::string ref{};
};

/// What every step of one build shares. References outlive the build.
struct Workshop {
    EnginePool& engines;
    std::vector<std::string> engine_labels{};  ///< of the engines that the repository may use
    net::thread_pool& blocking;
    const Clock& clock;
    Metrics& metrics;
    Stop& stop;
    registry::CredentialSource& credentials;
    registry::RegistryClient* registries = nullptr;  ///< null: what registries hold is not asked
    bool refuse_overwrite = false;  ///< a reference that its registry has fails before the build
    BuildOffer offer{};
    AttestOrder attest{};
    EngineCare* care = nullptr;    ///< told where a disk is full; null: nobody is
    std::string full_engine{};     ///< had no room for one of the build's steps: others are better
    Breakers* breakers = nullptr;  ///< of registries; null: every push is tried
    /// What the ledger of the branch has of a folder: content that was pushed already is not built
    /// again, and images that are not built now are had from there. Null: there is no ledger.
    std::function<net::awaitable<std::optional<store::LedgerEntry>>(std::string folder)>
        find_pushed{};
    bool always_builds = false;  ///< also what was pushed already
    /// Makes the digest of an external base the whole build's: answers the one that it has.
    std::function<net::awaitable<Result<std::string>>(std::string reference, std::string digest)>
        pin_base{};
    /// A step that is to be tried again is given back, with the time in `not_before`; else it waits
    /// here.
    bool gives_back = false;
    engine::CallLimits limits;
    model::RetryPolicy retry;
    std::optional<TraceContext> trace{};  ///< that the build is part of
};

/// The commit that is built. Read from several threads at once, one git::Repository each.
struct Source {
    std::string git_folder;
    git::Commit commit;
    std::string url;  ///< for org.opencontainers.image.source; empty: no such label
    catalog::Catalog catalog;
    std::string ref{};  ///< whose rule holds: the build's, else the default branch; the daemon's
};

/// Where a build's progress goes. `record` returns once the step is as durable as it will be; its
/// error ends the build.
struct Observer {
    std::function<net::awaitable<Result<void>>(store::Step)> record;
    std::function<void(int position, const wire::LogLine&)> log;
    std::function<void(int position, const Error&)> failed = [](int, const Error&) {
    };  ///< a step was given up, and why
};

/// For the log; empty: it has none.
[[nodiscard]] std::string trace_id_of(const store::Build& build);

/// The plan's steps as records, waiting or ready. `push`: whether the branch's policy lets images
/// be pushed at all. `catalog`: of the commit that is planned.
[[nodiscard]] std::vector<store::Step> to_records(
    const plan::Plan& plan, const catalog::Catalog& catalog, bool push, store::Trigger trigger
);

}  // namespace slipway::factory
