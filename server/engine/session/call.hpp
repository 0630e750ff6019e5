#pragma once

#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/h2_connection.hpp"
#include "server/engine/session/wakeup.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace slipway::engine::session {

namespace net = boost::asio;

/// One gRPC call, as the coroutine that serves it sees it. The connection must outlive it.
class Call {
public:
    /// `opened` is the call's first event; `has_output` is told that the connection may have
    /// something to write.
    Call(
        const net::any_io_executor& executor,
        H2Connection& connection,
        Event opened,
        std::function<void()> has_output
    );

    [[nodiscard]] const std::string& method() const { return opened_.text; }

    [[nodiscard]] const std::string& ssh_id() const { return opened_.ssh_id; }

    /// The next message; nothing at their end.
    [[nodiscard]] net::awaitable<std::optional<std::string>> receive();

    /// Goes on when the peer has read most of what was sent.
    [[nodiscard]] net::awaitable<void> send(std::string message);

    void finish(const Status& status);

    /// What happened, from the connection.
    void take(Event event);

    /// Some of what was sent is on its way.
    void written() { changed_.notify(); }

    [[nodiscard]] net::cancellation_slot slot() { return cancel_.slot(); }

    void cancel();

private:
    H2Connection& connection_;
    Event opened_;
    std::function<void()> has_output_;
    std::deque<std::string> received_;
    bool ended_ = false;
    Wakeup changed_;
    net::cancellation_signal cancel_;
};

}  // namespace slipway::engine::session
