#include "server/engine/session/calls.hpp"

#include "server/engine/session/call.hpp"
#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/h2_connection.hpp"
#include "server/engine/session/offer.hpp"
#include "server/engine/session/ssh_forward.hpp"
#include "server/engine/session/unary_calls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace slipway::engine::session {

Calls::Calls(
    const net::any_io_executor& executor,
    H2Connection& connection,
    Offer offer,
    std::function<void()> has_output
)
    : executor_(executor),
      connection_(connection),
      offer_(std::move(offer)),
      has_output_(std::move(has_output)),
      ended_(executor) {}

void Calls::update() {
    for (Event& event : connection_.take_events()) {
        take(std::move(event));
    }
}

void Calls::take(Event event) {
    if (event.kind == Event::Kind::call) {
        open(std::move(event));
        return;
    }
    const auto call = calls_.find(event.stream);
    if (call == calls_.end()) {
        return;  // it has been answered already
    }
    if (event.kind == Event::Kind::closed) {
        call->second->cancel();
    } else {
        call->second->take(std::move(event));
    }
}

void Calls::open(Event event) {
    const std::int32_t stream = event.stream;
    auto& call = calls_[stream];
    call = std::make_unique<Call>(executor_, connection_, std::move(event), has_output_);
    auto ended = [this, stream](const std::exception_ptr& thrown) {
        if (thrown) {
            calls_.at(stream)->finish({.code = StatusCode::internal, .words = "the call ended"});
        }
        calls_.erase(stream);
        ended_.notify();
    };
    net::co_spawn(
        executor_,
        serve(*call),
        net::bind_cancellation_slot(call->slot(), net::bind_executor(executor_, std::move(ended)))
    );
}

net::awaitable<void> Calls::serve(Call& call) {
    if (is_unary(call.method())) {
        co_await serve_unary(call);
        co_return;
    }
    if (call.method() == forward_agent_method) {
        const Status status = co_await forward_agent(call, offer_);
        call.finish(status);
        co_return;
    }
    call.finish({.code = StatusCode::unimplemented, .words = call.method() + " is not offered"});
}

net::awaitable<void> Calls::serve_unary(Call& call) {
    auto request = co_await call.receive();
    if (!request) {
        call.finish({.code = StatusCode::internal, .words = "the call has no request"});
        co_return;
    }
    Reply reply = co_await answer(offer_, call.method(), *std::move(request));
    if (reply.status.code == StatusCode::ok) {
        co_await call.send(std::move(reply.message));
    }
    call.finish(reply.status);
}

void Calls::written() {
    for (const auto& [stream, call] : calls_) {
        call->written();
    }
}

net::awaitable<void> Calls::stop() {
    for (const auto& [stream, call] : calls_) {
        call->cancel();
    }
    while (!calls_.empty()) {
        co_await ended_.wait();
    }
}

}  // namespace slipway::engine::session
