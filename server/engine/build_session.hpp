#pragma once

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/session/offer.hpp"
#include "server/engine/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace slipway::engine {

struct SessionRequest {
    std::string target;  ///< `/v1.41/session`
    std::string id;      ///< what the build names as `session=`
    session::Offer offer;
};

/// 32 hexadecimal digits that nobody can guess: whoever knows an id can build with what the session
/// offers.
[[nodiscard]] std::string random_session_id();

/// What is done in a session; told whether it could be opened.
using SessionWork = std::function<net::awaitable<Result<wire::EngineOutcome>>(Result<void> opened)>;

/// Opens a BuildKit session on a connection of its own: after the upgrade the engine is the gRPC
/// client on it. It is served while `work` runs and ends with it. A connection that breaks
/// meanwhile ends the session only: what that means for the work, the engine says there.
///
/// Requires: as http_call(). Errors: those of `work`, which is always run, and `cancelled`.
/// `opened` is `unavailable` (no connection, or no answer in ten seconds), `denied` or `failed`
/// (the engine, or a proxy before it, refused the session).
[[nodiscard]] net::awaitable<Result<wire::EngineOutcome>> within_session(
    Transport transport, SessionRequest request, SessionWork work
);

}  // namespace slipway::engine
