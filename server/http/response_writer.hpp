#pragma once

#include "server/http/deadline.hpp"
#include "server/http/message.hpp"
#include "server/http/response_head.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <string>

namespace slipway::http {

/// Writes the answers of one connection. What is answered is whether all was sent; where it was
/// not, the connection is of no more use. On the socket's executor.
class ResponseWriter {
public:
    /// `socket` and `deadline` outlive it. `time`: that a whole answer, or one piece, has to be
    /// sent in; who owns the deadline closes the socket where it expires meanwhile.
    ResponseWriter(
        boost::asio::ip::tcp::socket& socket, Deadline& deadline, std::chrono::milliseconds time
    );

    /// `response` outlives the work.
    [[nodiscard]] boost::asio::awaitable<bool> send(
        const Response* response, Connection connection, bool with_body
    );

    /// The head without a length, then pieces as they come. `response` outlives the work.
    [[nodiscard]] boost::asio::awaitable<bool> stream(
        const Response* response, Connection kept, BodyEnd end
    );

    /// That the body may come.
    [[nodiscard]] boost::asio::awaitable<bool> send_continue();

    /// Whether something is on its way just now.
    [[nodiscard]] bool is_writing() const { return writing_; }

private:
    using Parts = std::array<boost::asio::const_buffer, 3>;

    boost::asio::awaitable<bool> send_piece(Piece piece, BodyEnd end);
    boost::asio::awaitable<bool> write(Parts parts);

    boost::asio::ip::tcp::socket& socket_;
    Deadline& deadline_;
    std::chrono::milliseconds time_;
    std::string head_;  // of the answer; kept for its memory
    bool writing_ = false;
};

}  // namespace slipway::http
