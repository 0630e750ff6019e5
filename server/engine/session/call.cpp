#include "server/engine/session/call.hpp"

#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/h2_connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace slipway::engine::session {

Call::Call(
    const net::any_io_executor& executor,
    H2Connection& connection,
    Event opened,
    std::function<void()> has_output
)
    : connection_(connection),
      opened_(std::move(opened)),
      has_output_(std::move(has_output)),
      changed_(executor) {}

net::awaitable<std::optional<std::string>> Call::receive() {
    while (received_.empty() && !ended_) {
        co_await changed_.wait();
    }
    if (received_.empty()) {
        co_return std::nullopt;
    }
    std::string message = std::move(received_.front());
    received_.pop_front();
    connection_.taken(opened_.stream, message.size());
    has_output_();
    co_return message;
}

net::awaitable<void> Call::send(std::string message) {
    connection_.send(opened_.stream, message);
    has_output_();
    while (connection_.unsent(opened_.stream) > H2Connection::largest_backlog) {
        co_await changed_.wait();
    }
}

void Call::finish(const Status& status) {
    connection_.finish(opened_.stream, status);
    has_output_();
}

void Call::take(Event event) {
    if (event.kind == Event::Kind::message) {
        received_.push_back(std::move(event.text));
    } else {
        ended_ = true;
    }
    changed_.notify();
}

void Call::cancel() {
    cancel_.emit(net::cancellation_type::terminal);
}

}  // namespace slipway::engine::session
