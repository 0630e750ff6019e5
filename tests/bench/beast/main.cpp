// The least that a server over Beast can be: one thread, a coroutine a connection, and 304 with an
// ETag for whoever sends it in If-None-Match. What `tests/bench/run status` compares the daemon
// with. Prints its port.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdio>
#include <utility>

namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

constexpr auto awaited = net::as_tuple(net::use_awaitable);
constexpr const char* etag = "\"0123456789abcdef0123456789abcdef\"";

http::response<http::string_body> answer(const http::request<http::empty_body>& request) {
    const bool known = request[http::field::if_none_match] == etag;
    http::response<http::string_body> response(
        known ? http::status::not_modified : http::status::ok, request.version()
    );
    response.set(http::field::etag, etag);
    response.keep_alive(request.keep_alive());
    if (!known) {
        response.body() = "{}\n";
        response.prepare_payload();
    }
    return response;
}

net::awaitable<void> converse(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    boost::beast::flat_buffer buffer;
    while (true) {
        http::request<http::empty_body> request;
        const auto [unread, taken] = co_await http::async_read(socket, buffer, request, awaited);
        if (unread) {
            co_return;
        }
        http::response<http::string_body> response = answer(request);
        const auto [unsent, sent] = co_await http::async_write(socket, response, awaited);
        if (unsent || !response.keep_alive()) {
            co_return;
        }
    }
}

net::awaitable<void> serve(tcp::acceptor& acceptor) {
    while (true) {
        auto [error, socket] = co_await acceptor.async_accept(awaited);
        if (!error) {
            net::co_spawn(acceptor.get_executor(), converse(std::move(socket)), net::detached);
        }
    }
}

}  // namespace

int main() {
    net::io_context context(1);
    tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
    std::printf("%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    net::co_spawn(context, serve(acceptor), net::detached);
    context.run();
}
