#pragma once

#include "core/base/result.hpp"
#include "server/http/limits.hpp"
#include "server/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace slipway::http {

/// An HTTP/1.1 server. Every connection is a coroutine; requests of a connection are answered in
/// order.
///
/// It refuses what Beast 1.81 lets through (framing.hpp). A slow sender is cut off with 408; a
/// connection that sent nothing is closed without a word. Whoever holds all connections or much
/// memory by sending slowly gives way, the oldest first, with 503, then whose answer takes long. An
/// accept that fails (EMFILE) is logged and tried again after 100 ms.
class Server {
public:
    /// Binds and listens at once. `address` is `127.0.0.1:8080`, `[::]:8080`; port 0 takes a free
    /// one. Errors: `invalid` (the address), `unavailable` (in use, no permission).
    /// Requires: an executor that runs one handler at a time (a context with one thread).
    [[nodiscard]] static Result<std::unique_ptr<Server>> bind(
        const boost::asio::any_io_executor& executor, std::string_view address, ServerLimits limits
    );

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    Server(Server&&) = delete;
    Server& operator=(Server&&) = delete;
    ~Server();

    [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const;

    /// Accepts until stop(). Returns when every connection has ended; only stop() ends it, a
    /// cancellation does not. Call it once. This and `router` must outlive it. `observer` is called
    /// on the executor; it may be empty.
    [[nodiscard]] boost::asio::awaitable<void> serve(const Router& router, Observer observer);

    /// Stops accepting, closes idle connections, lets requests under way finish for up to `grace`,
    /// then cancels and closes what is left. Thread-safe, may be called twice: the later grace
    /// counts.
    void stop(std::chrono::milliseconds grace);

private:
    struct State;
    explicit Server(std::shared_ptr<State> state);
    // Shared with what stop() has posted, which may run after the last owner went.
    std::shared_ptr<State> state_;
};

}  // namespace slipway::http
