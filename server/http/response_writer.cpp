#include "server/http/response_writer.hpp"

#include "server/http/deadline.hpp"
#include "server/http/message.hpp"
#include "server/http/response_head.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::http {

namespace net = boost::asio;

namespace {

constexpr auto awaited = net::as_tuple(net::use_awaitable);
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

std::string chunk_size_line(std::size_t bytes) {
    std::array<char, 2 * sizeof bytes> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes, 16).ptr;
    return std::string(digits.data(), end) + "\r\n";
}

}  // namespace

ResponseWriter::ResponseWriter(
    net::ip::tcp::socket& socket, Deadline& deadline, std::chrono::milliseconds time
)
    : socket_(socket), deadline_(deadline), time_(time) {}

net::awaitable<bool> ResponseWriter::send(
    const Response* response, Connection connection, bool with_body
) {
    head_.clear();
    append_head(head_, *response, connection, current_http_date());
    const bool body = with_body && may_have_body(response->status);
    const Parts parts = {
        net::buffer(head_), body ? net::buffer(body_of(*response)) : net::const_buffer()
    };
    return write(parts);
}

net::awaitable<bool> ResponseWriter::stream(
    const Response* response, Connection kept, BodyEnd end
) {
    head_.clear();
    const Connection connection = end == BodyEnd::close ? Connection::close : kept;
    append_head(head_, *response, connection, current_http_date(), end);
    const Parts head = {net::buffer(head_)};
    bool sent = co_await write(head);
    while (sent) {
        deadline_.allow_any_time();
        Piece piece = co_await response->pieces();
        const bool last = !piece;
        sent = co_await send_piece(std::move(piece), end);
        if (last) {
            break;
        }
    }
    co_return sent;
}

/// Null is the end. An empty chunk would be, too.
net::awaitable<bool> ResponseWriter::send_piece(Piece piece, BodyEnd end) {
    constexpr std::string_view line = "\r\n";
    if (piece && piece->empty()) {
        co_return true;
    }
    if (end == BodyEnd::close) {
        const Parts parts = {piece ? net::buffer(*piece) : net::const_buffer()};
        co_return co_await write(parts);
    }
    const std::string size = chunk_size_line(piece ? piece->size() : 0);
    const Parts parts = {
        net::buffer(size), piece ? net::buffer(*piece) : net::const_buffer(), net::buffer(line)
    };
    co_return co_await write(parts);
}

net::awaitable<bool> ResponseWriter::write(Parts parts) {
    deadline_.allow(time_);
    writing_ = true;
    const auto [error, bytes] = co_await net::async_write(socket_, parts, awaited);
    writing_ = false;
    co_return !error;
}

net::awaitable<bool> ResponseWriter::send_continue() {
    const Parts parts = {net::buffer(continue_line)};
    return write(parts);
}

}  // namespace slipway::http
