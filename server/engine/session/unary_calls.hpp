#pragma once

#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/offer.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace slipway::engine::session {

/// The methods that answer() and forward_agent() serve: `/package.Service/Method`.
inline constexpr std::string_view forward_agent_method = "/moby.sshforward.v1.SSH/ForwardAgent";

struct Reply {
    Status status{};
    std::string message{};  ///< where the status is `ok`
};

/// Whether answer() knows the method.
[[nodiscard]] bool is_unary(std::string_view method);

/// What a method with one request and one answer comes to. `offer` must outlive it.
[[nodiscard]] net::awaitable<Reply> answer(
    const Offer& offer, std::string method, std::string request
);

}  // namespace slipway::engine::session
