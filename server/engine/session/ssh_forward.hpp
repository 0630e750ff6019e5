#pragma once

#include "server/engine/session/call.hpp"
#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/offer.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::engine::session {

/// Serves ForwardAgent: joins the call with the agent that it names, until one side ends it. What
/// the build may ask is AgentFilter's to say. Both must outlive it.
[[nodiscard]] net::awaitable<Status> forward_agent(Call& call, const Offer& offer);

}  // namespace slipway::engine::session
