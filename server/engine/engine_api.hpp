#pragma once

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/session/offer.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::engine {

namespace net = boost::asio;

enum class Builder : std::uint8_t { classic = 1, buildkit = 2 };  // the values of /build?version=

struct EngineInfo {
    std::string api_version;  ///< the one negotiated: min(ours, the engine's)
    std::string engine_version;
    std::string os;
    Builder default_builder = Builder::buildkit;
};

/// Gives the next piece of a build context, empty at the end. Called on a blocking thread, never on
/// the network's, one call at a time.
using ContextSource = std::function<Result<std::string>()>;

/// Takes log lines as they come, on the executor of the call.
using LogSink = std::function<void(const wire::LogLine&)>;

/// What BuildKit may ask for while it builds; the classic builder can't. Nothing of it is logged.
using Session = session::Offer;

struct BuildRequest {
    std::vector<std::string> tags{};        ///< references that the image gets in the engine
    std::string dockerfile = "Dockerfile";  ///< path inside the tar
    std::string target{};
    std::map<std::string, std::string> build_args{};
    std::map<std::string, std::string> labels{};
    std::string platform{};
    std::string network_mode{};
    std::optional<Builder> builder = std::nullopt;  ///< nothing: the engine's default_builder
    bool no_cache = false;
    std::vector<std::string> cache_from{};  ///< images whose layers may be reused
    std::uint64_t memory_bytes = 0;         ///< of a RUN; 0: any. The classic builder only,
    int cpu_millis = 0;                     ///< as this: 1500 is one processor and a half
    std::uint64_t shm_bytes = 0;            ///< of /dev/shm; 0: the engine's default
    /// Where the engine, or a proxy before it, opens no session, a build that offers secrets or
    /// agents fails; any other gets a line of kind `warning` and goes on without credentials.
    Session session{};
};

/// Deadlines of one call. A silent RUN sends nothing, so silence alone is bounded generously.
struct CallLimits {
    std::chrono::milliseconds total = std::chrono::hours(1);
    std::chrono::milliseconds silent = std::chrono::minutes(15);
};

struct BuiltImage {
    std::string id;  ///< `sha256:…`
};

struct PushedImage {
    std::string digest;  ///< of the manifest in the registry, `sha256:…`; never empty
};

struct ImageInfo {
    std::string id;
    std::map<std::string, std::string> labels;
};

/// What of the build cache is removed: what was unused for so long, and of the rest, from the one
/// unused for longest, what is above `keep_bytes`.
struct CachePrune {
    std::chrono::seconds unused_for{0};
    std::optional<std::uint64_t> keep_bytes = std::nullopt;  ///< nothing: any
};

/// One Docker Engine. All calls are coroutines on the network's executor and may run at the same
/// time; each opens a connection of its own, and cancelling the coroutine closes it, which stops
/// the work in the engine.
///
/// Requires: an executor that runs one handler at a time (a strand, or a context with one thread).
/// Errors: `unavailable` (the engine is away, or its stream ended before its end: worth another
/// try), `failed` (the Dockerfile, the push or the pull was refused for good), `denied` (a registry
/// wants other credentials), `not_found`, `cancelled` (also: a deadline passed, which the message
/// says).
class EngineApi {
public:
    EngineApi() = default;
    EngineApi(const EngineApi&) = delete;
    EngineApi& operator=(const EngineApi&) = delete;
    EngineApi(EngineApi&&) = delete;
    EngineApi& operator=(EngineApi&&) = delete;
    virtual ~EngineApi() = default;

    /// Asks `/_ping` and negotiates the version anew: an engine may have been upgraded behind its
    /// socket.
    virtual net::awaitable<Result<EngineInfo>> ping() = 0;

    /// Pulls `reference` (`name:tag`, `name@digest`).
    virtual net::awaitable<Result<void>> pull(
        std::string reference,
        std::string platform,
        Credentials credentials,
        LogSink log,
        CallLimits limits
    ) = 0;

    virtual net::awaitable<Result<BuiltImage>> build(
        BuildRequest request, ContextSource context, LogSink log, CallLimits limits
    ) = 0;

    /// Makes `reference` name the image `id`.
    virtual net::awaitable<Result<void>> tag(std::string id, std::string reference) = 0;

    /// Pushes exactly one reference, and knows its digest afterwards.
    virtual net::awaitable<Result<PushedImage>> push(
        std::string reference, Credentials credentials, LogSink log, CallLimits limits
    ) = 0;

    /// The image under a reference or id; nothing where the engine has none.
    virtual net::awaitable<Result<std::optional<ImageInfo>>> inspect(std::string reference) = 0;

    /// Takes a name away, and the image with its last name. One that is not there is a success;
    /// `conflict`: a container uses the image.
    virtual net::awaitable<Result<void>> remove(std::string reference) = 0;

    /// Bytes that were freed.
    virtual net::awaitable<Result<std::uint64_t>> prune_cache(CachePrune what) = 0;

    /// Bytes that images and the build cache use on the engine's disk.
    virtual net::awaitable<Result<std::uint64_t>> disk_usage() = 0;
};

}  // namespace slipway::engine
