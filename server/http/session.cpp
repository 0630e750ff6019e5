#include "server/http/session.hpp"

#include "server/base/log.hpp"
#include "server/http/framing.hpp"
#include "server/http/message.hpp"
#include "server/http/refusals.hpp"
#include "server/http/request_parser.hpp"
#include "server/http/response_head.hpp"
#include "server/http/response_writer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::http {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr auto awaited = net::as_tuple(net::use_awaitable);
constexpr std::size_t read_bytes = 16384;
constexpr std::chrono::milliseconds longest_linger = std::chrono::seconds(2);
// Twice the longest body, so that who sends a little too much hears of it.
constexpr std::size_t longest_linger_bytes = 52428800;

std::string address_of(const tcp::socket& socket) {
    error_code error;
    const tcp::endpoint endpoint = socket.remote_endpoint(error);
    return error ? std::string("-") : endpoint.address().to_string();
}

}  // namespace

Session::Session(tcp::socket socket, std::shared_ptr<const SessionContext> context)
    : socket_(std::move(socket)),
      context_(std::move(context)),
      peer_(address_of(socket_)),
      deadline_(socket_.get_executor(), [this] { on_expiry(); }),
      writer_(socket_, deadline_, context_->limits.write) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
}

net::awaitable<void> Session::run() {
    try {
        co_await converse();
    } catch (const boost::system::system_error& error) {
        if (error.code() != net::error::operation_aborted) {
            log::error("connection ended", {{"peer", peer_}, {"error", error.what()}});
        }
    } catch (const std::exception& error) {
        log::error("connection ended", {{"peer", peer_}, {"error", error.what()}});
    }
    ended_ = true;
    count_body(0);
    deadline_.end();
    close();
}

net::awaitable<void> Session::converse() {
    bool goes_on = true;
    while (goes_on && !stopping_) {
        RequestParser parser(context_->limits.body_bytes, context_->limits.header_bytes);
        Step step = co_await receive(&parser);
        if (step) {
            answers_since_ = Clock::now();
            receiving_ = false;
            goes_on = co_await answer_request(&parser);
            count_body(0);
            answers_since_ = Clock::time_point::max();
            receiving_ = true;
            continue;
        }
        count_body(0);
        std::optional<Response>& answer = step.error().answer;
        if (!answer) {
            co_return;
        }
        co_await refuse(std::move(*answer), parser.request().method);
        goes_on = false;
    }
    if (!goes_on && !cut_off_) {
        co_await linger();
    }
}

net::awaitable<Session::Step> Session::receive(RequestParser* parser) {
    Step step = co_await read_first();
    if (step) {
        step = co_await read_head(parser);
    }
    if (step) {
        step = co_await read_body(parser);
    }
    co_return step;
}

net::awaitable<Session::Step> Session::read_first() {
    const std::chrono::milliseconds time = first_ ? context_->limits.head : context_->limits.idle;
    first_ = false;
    if (buffer_.size() > 0) {
        co_return Step{};
    }
    deadline_.allow(time);
    idle_ = true;
    const Step step = co_await read_more();
    idle_ = false;
    // Who has sent nothing waits for no answer.
    co_return step ? Step{} : std::unexpected(End{});
}

net::awaitable<Session::Step> Session::read_head(RequestParser* parser) {
    deadline_.allow(context_->limits.head);
    HeadScanner scanner(context_->limits.header_bytes);
    while (true) {
        switch (scanner.scan(received())) {
            case HeadScanner::State::complete:
                co_return take_head(*parser, scanner.bytes());
            case HeadScanner::State::malformed:
                co_return std::unexpected(
                    End{bad_request("A line of the head is folded, or does not end in CRLF.")}
                );
            case HeadScanner::State::too_long:
                co_return std::unexpected(End{head_too_long()});
            case HeadScanner::State::target_too_long:
                co_return std::unexpected(End{target_too_long()});
            case HeadScanner::State::incomplete:
                break;
        }
        const Step step = co_await read_more();
        if (!step) {
            co_return step;
        }
    }
}

Session::Step Session::take_head(RequestParser& parser, std::size_t bytes) {
    std::optional<Response> refusal = parser.take_head(received().substr(0, bytes));
    buffer_.consume(bytes);
    if (refusal) {
        return std::unexpected(End{std::move(refusal)});
    }
    return {};
}

net::awaitable<Session::Step> Session::read_body(RequestParser* parser) {
    if (parser->is_done()) {
        co_return Step{};
    }
    if (parser->expects_continue() && buffer_.size() == 0) {
        const bool sent = co_await writer_.send_continue();
        if (!sent) {
            co_return std::unexpected(End{});
        }
    }
    deadline_.allow(context_->limits.body);
    count_body(parser->request().body.capacity());
    while (!parser->is_done()) {
        RequestParser::Taken taken = parser->take_body(received());
        buffer_.consume(taken.bytes);
        count_body(parser->request().body.capacity());
        if (taken.refusal) {
            co_return std::unexpected(End{std::move(taken.refusal)});
        }
        if (taken.needs_more) {
            Step step = co_await read_more();
            if (!step) {
                co_return step;
            }
        }
    }
    co_return Step{};
}

net::awaitable<Session::Step> Session::read_more() {
    const auto [error, bytes] =
        co_await socket_.async_read_some(buffer_.prepare(read_bytes), awaited);
    if (cut_off_) {
        co_return std::unexpected(End{too_busy()});
    }
    if (deadline_.expired()) {
        co_return std::unexpected(End{timed_out("It was not complete in time.")});
    }
    if (error) {
        co_return std::unexpected(End{});
    }
    buffer_.commit(bytes);
    co_return Step{};
}

net::awaitable<bool> Session::answer_request(RequestParser* parser) {
    deadline_.allow_any_time();
    const Clock::time_point began = Clock::now();
    Request& request = parser->request();
    request.peer = peer_;
    const std::string method = request.method;
    const std::string_view pattern = context_->router->pattern_of(request);
    const Response response = co_await context_->router->route(std::move(request));
    observe(method, pattern, response.status, began);
    const bool keep = parser->wants_keep_alive() && !stopping_;
    const Connection kept = parser->is_http_1_0() ? Connection::keep_alive : Connection::implied;
    const Connection connection = keep ? kept : Connection::close;
    if (response.pieces && method != "HEAD") {
        const BodyEnd end = parser->is_http_1_0() ? BodyEnd::close : BodyEnd::chunks;
        const bool streamed = co_await writer_.stream(&response, connection, end);
        co_return (keep && streamed && end == BodyEnd::chunks);
    }
    const bool sent = co_await writer_.send(&response, connection, method != "HEAD");
    co_return (keep && sent);
}

net::awaitable<void> Session::refuse(Response response, std::string method) {
    observe(method.empty() ? "-" : method, "-", response.status, Clock::now());
    co_await writer_.send(&response, Connection::close, method != "HEAD");
}

// Closing with unread bytes resets the connection, and the reset may overtake the answer: so what
// still comes is read first.
net::awaitable<void> Session::linger() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    deadline_.allow(std::min(context_->limits.idle, longest_linger));
    Step step;
    std::size_t bytes = 0;
    while (step && bytes < longest_linger_bytes) {
        bytes += buffer_.size();
        buffer_.clear();
        step = co_await read_more();
    }
}

/// What the body of the request takes by now.
void Session::count_body(std::size_t bytes) {
    const std::size_t before = std::exchange(body_bytes_, bytes);
    context_->bodies_bytes += bytes - before;
    if (bytes > before && context_->bodies_bytes > context_->limits.bodies_bytes) {
        context_->make_room();
    }
}

void Session::stop() {
    stopping_ = true;
    if (idle_) {
        error_code ignored;
        socket_.cancel(ignored);
    }
}

void Session::cut_off() {
    if (receiving_ && !ended_) {
        receiving_ = false;  // so that the next one is another's turn
        cut_off_ = true;
        error_code ignored;
        socket_.cancel(ignored);
    } else if (answers_long()) {
        abort();
    }
}

bool Session::answers_long() const {
    return answers_since_ != Clock::time_point::max() &&
           Clock::now() - answers_since_ > context_->limits.answer;
}

void Session::abort() {
    if (!ended_) {
        abort_.emit(net::cancellation_type::terminal);
        close();
    }
}

std::string_view Session::received() const {
    const auto data = buffer_.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

void Session::observe(
    std::string_view method, std::string_view pattern, unsigned status, Clock::time_point began
) {
    if (context_->observer) {
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
        context_->observer(method, pattern, status, took);
    }
}

void Session::close() {
    error_code ignored;
    socket_.close(ignored);
}

void Session::on_expiry() {
    // A write is abandoned by closing, so that none of its steps goes on; a read by cancelling, so
    // that 408 can be sent.
    if (writer_.is_writing()) {
        close();
    } else {
        error_code ignored;
        socket_.cancel(ignored);
    }
}

}  // namespace slipway::http
