#include "server/engine/session/ssh_forward.hpp"

#include "core/base/result.hpp"
#include "server/engine/session/agent_filter.hpp"
#include "server/engine/session/call.hpp"
#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/offer.hpp"
#include "server/engine/session/session_messages.pb.h"
#include "server/engine/session/wakeup.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace slipway::engine::session {
namespace {

using namespace net::experimental::awaitable_operators;
using boost::system::error_code;
using Agent = net::local::stream_protocol::socket;

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::size_t piece_size = 32UL * 1024;

Status broke(const error_code& error) {
    return {
        .code = StatusCode::unavailable, .words = "talking to the ssh agent: " + error.message()
    };
}

// One message of the build; a status where that is the end of it.
net::awaitable<std::optional<Status>> pass_on(
    Agent& agent, AgentFilter& filter, std::string message
) {
    messages::BytesMessage bytes;
    if (!bytes.ParseFromString(message)) {
        co_return Status{.code = StatusCode::internal, .words = "the message can't be decoded"};
    }
    const Result<std::string> request = filter.feed(bytes.data());
    if (!request) {
        co_return Status{.code = StatusCode::resource_exhausted, .words = request.error().message};
    }
    const auto [error, size] = co_await net::async_write(agent, net::buffer(*request), token);
    if (error) {
        co_return broke(error);
    }
    co_return std::nullopt;
}

// Ends only for an error: what the agent still answers to a build that asks no more is passed on.
net::awaitable<Status> to_agent(Agent& agent, Call& call) {
    AgentFilter filter;
    for (auto message = co_await call.receive(); message; message = co_await call.receive()) {
        auto ended = co_await pass_on(agent, filter, *std::move(message));
        if (ended) {
            co_return *std::move(ended);
        }
    }
    error_code ignored;
    agent.shutdown(net::socket_base::shutdown_send, ignored);
    const net::any_io_executor executor = co_await net::this_coro::executor;
    Wakeup never(executor);
    co_await never.wait();
    co_return Status{};
}

net::awaitable<Status> from_agent(Agent& agent, Call& call) {
    std::array<char, piece_size> piece{};
    for (;;) {
        const auto [error, size] = co_await agent.async_read_some(net::buffer(piece), token);
        if (error == net::error::eof) {
            co_return Status{};
        }
        if (error) {
            co_return broke(error);
        }
        messages::BytesMessage bytes;
        bytes.set_data(piece.data(), size);
        std::string message = bytes.SerializeAsString();
        co_await call.send(std::move(message));
    }
}

}  // namespace

net::awaitable<Status> forward_agent(Call& call, const Offer& offer) {
    const std::string id = call.ssh_id().empty() ? "default" : call.ssh_id();
    const auto path = offer.ssh_agents.find(id);
    if (path == offer.ssh_agents.end()) {
        co_return Status{
            .code = StatusCode::not_found,
            .words = "no ssh agent is offered under the id '" + id + "'"
        };
    }
    const net::any_io_executor executor = co_await net::this_coro::executor;
    Agent agent(executor);
    const net::local::stream_protocol::endpoint endpoint(path->second.string());
    const auto [error] = co_await agent.async_connect(endpoint, token);
    if (error) {
        co_return Status{
            .code = StatusCode::unavailable,
            .words = "connecting to the ssh agent at " + path->second.string() + ": " +
                     error.message() + " (does it run, and may this user open the socket?)"
        };
    }
    auto first = co_await (from_agent(agent, call) || to_agent(agent, call));
    co_return std::visit([](Status& status) { return std::move(status); }, first);
}

}  // namespace slipway::engine::session
