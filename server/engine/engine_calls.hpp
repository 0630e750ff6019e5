#pragma once

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/api_version.hpp"
#include "server/engine/build_session.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/error_text.hpp"
#include "server/engine/http_call.hpp"
#include "server/engine/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

namespace slipway::engine {

struct Negotiated {
    ApiVersion version;
    Builder default_builder = Builder::buildkit;
};

/// A request that is answered with JSON lines until the work is done.
struct StreamRequest {
    HttpRequest http;
    ReadWords read = read_registry_words;
    LogSink log;
    CallLimits limits;
};

/// Of calls without limits of their own; the slowest asks a registry.
inline constexpr CallLimits a_minute{
    .total = std::chrono::minutes(1), .silent = std::chrono::minutes(1)
};

/// Text at a path of an answer's JSON; empty where there is none.
[[nodiscard]] std::string text_at(const nlohmann::json& json, const char* pointer);

/// The kinds of exchange that the engine's operations are made of. Targets are given without a
/// version: the one negotiated is put before them. The version is negotiated for every exchange:
/// that costs a millisecond, and what was known of an engine ends with its restart. Coroutines as
/// in EngineApi; the object must outlive them.
class EngineCalls {
public:
    explicit EngineCalls(Transport transport) : transport_(std::move(transport)) {}

    [[nodiscard]] net::awaitable<Result<Negotiated>> negotiate() const;

    /// Also asks for what `/_ping` does not say: the oldest version that the engine takes.
    [[nodiscard]] net::awaitable<Result<EngineInfo>> info() const;

    /// An answer that is a success. An engine that takes longer is `unavailable`.
    [[nodiscard]] net::awaitable<Result<HttpAnswer>> quick(
        HttpRequest request, CallLimits limits = a_minute
    ) const;

    /// The same with GET, as a JSON object.
    [[nodiscard]] net::awaitable<Result<nlohmann::json>> get_json(
        std::string target, std::string auth
    ) const;

    /// The outcome without an error: what the engine calls one, in a stream that began with status
    /// 200, is an Error here.
    [[nodiscard]] net::awaitable<Result<wire::EngineOutcome>> stream(StreamRequest request) const;

    /// As within_session().
    [[nodiscard]] net::awaitable<Result<wire::EngineOutcome>> in_session(
        SessionRequest request, SessionWork work
    ) const;

private:
    [[nodiscard]] net::awaitable<Result<HttpAnswer>> unversioned(
        HttpRequest request, CallLimits limits = a_minute
    ) const;

    Transport transport_;
};

}  // namespace slipway::engine
