#pragma once

#include "server/engine/session/call.hpp"
#include "server/engine/session/h2_connection.hpp"
#include "server/engine/session/offer.hpp"
#include "server/engine/session/wakeup.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace slipway::engine::session {

/// Serves the calls of a connection, each by a coroutine of its own: a look-up that takes long
/// holds up no health check. Runs on one executor, that runs one handler at a time. `connection`
/// must outlive it; before it is destroyed, stop() must have completed.
class Calls {
public:
    Calls(
        const net::any_io_executor& executor,
        H2Connection& connection,
        Offer offer,
        std::function<void()> has_output
    );

    /// Takes what happened on the connection: after each feed() and output() of it.
    void update();

    /// Some of what was sent is on its way.
    void written();

    /// Cancels all calls, and waits until they have ended.
    [[nodiscard]] net::awaitable<void> stop();

private:
    void take(Event event);
    void open(Event event);
    [[nodiscard]] net::awaitable<void> serve(Call& call);
    [[nodiscard]] net::awaitable<void> serve_unary(Call& call);

    net::any_io_executor executor_;
    H2Connection& connection_;
    Offer offer_;
    std::function<void()> has_output_;
    std::map<std::int32_t, std::unique_ptr<Call>> calls_;
    Wakeup ended_;
};

}  // namespace slipway::engine::session
