#pragma once

#include "server/http/deadline.hpp"
#include "server/http/limits.hpp"
#include "server/http/message.hpp"
#include "server/http/request_parser.hpp"
#include "server/http/response_writer.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::http {

/// What all connections of a server share.
struct SessionContext {
    const Router* router = nullptr;
    Observer observer;
    ServerLimits limits;
    std::function<void()> make_room;  ///< has somebody cut off who holds a body, a little later
    /// What the bodies of all requests take, also of those that are being answered.
    mutable std::size_t bodies_bytes = 0;
};

/// One connection: reads requests, answers them in order. All is called on the socket's executor,
/// which runs one handler at a time.
class Session {
public:
    Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<const SessionContext> context);

    /// Where run() is to be cancelled from.
    [[nodiscard]] boost::asio::cancellation_slot slot() { return abort_.slot(); }

    /// Ends when the connection has ended. Throws nothing. Whoever runs it keeps the Session alive
    /// until then.
    [[nodiscard]] boost::asio::awaitable<void> run();

    /// Closes an idle connection; another one closes when its request is answered.
    void stop();

    /// Cancels the handler and closes the connection.
    void abort();

    /// Closes the connection, where is_receiving() with 503 to whoever has begun a request, or
    /// answers_long(); else does nothing.
    void cut_off();

    /// Whether it waits for its sender.
    [[nodiscard]] bool is_receiving() const { return receiving_; }

    /// Whether its answer has taken longer than limits.answer, as streams do.
    [[nodiscard]] bool answers_long() const;

    /// How much memory the body takes that it is receiving.
    [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }

private:
    /// Why there is no request: what to answer before closing, or nothing where nobody would read
    /// it.
    struct End {
        std::optional<Response> answer;
    };

    using Step = std::expected<void, End>;
    using Clock = std::chrono::steady_clock;

    boost::asio::awaitable<void> converse();
    boost::asio::awaitable<Step> receive(RequestParser* parser);
    boost::asio::awaitable<Step> read_first();
    boost::asio::awaitable<Step> read_head(RequestParser* parser);
    boost::asio::awaitable<Step> read_body(RequestParser* parser);
    boost::asio::awaitable<Step> read_more();
    boost::asio::awaitable<bool> answer_request(RequestParser* parser);
    boost::asio::awaitable<void> refuse(Response response, std::string method);
    boost::asio::awaitable<void> linger();

    void count_body(std::size_t bytes);
    [[nodiscard]] Step take_head(RequestParser& parser, std::size_t bytes);
    [[nodiscard]] std::string_view received() const;
    void observe(
        std::string_view method, std::string_view pattern, unsigned status, Clock::time_point began
    );
    void close();

    void on_expiry();

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<const SessionContext> context_;
    boost::asio::cancellation_signal abort_;
    std::string peer_;
    boost::beast::flat_buffer buffer_;

    Deadline deadline_;
    ResponseWriter writer_;
    Clock::time_point answers_since_ = Clock::time_point::max();
    std::size_t body_bytes_ = 0;
    bool receiving_ = true;
    bool first_ = true;
    bool idle_ = false;
    bool stopping_ = false;
    bool cut_off_ = false;
    bool ended_ = false;
};

}  // namespace slipway::http
