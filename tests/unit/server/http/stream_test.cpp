#include "server/http/message.hpp"
#include "server/http/server.hpp"
#include "tests/unit/server/http/handlers.hpp"
#include "tests/unit/server/http/loopback.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {
namespace {

using test::Client;
using test::handler_of;
using test::Loopback;

/// A body of these pieces; what comes behind them is up to `last`.
struct Script {
    std::vector<std::string> pieces;
    Pieces last = [] { return nothing(); };
    std::size_t at = 0;

    static net::awaitable<Piece> nothing() { co_return Piece(); }
};

net::awaitable<Piece> next(std::shared_ptr<Script> script) {
    if (script->at == script->pieces.size()) {
        co_return co_await script->last();
    }
    co_return std::make_shared<const std::string>(script->pieces[script->at++]);
}

Response streamed(Script script) {
    auto shared = std::make_shared<Script>(std::move(script));
    Response response{.content_type = "text/plain"};
    response.pieces = [shared] { return next(shared); };
    return response;
}

net::awaitable<Response> two_pieces() {
    Script script{.pieces = {"hello", "", std::string(17, 'x')}};
    co_return streamed(std::move(script));
}

net::awaitable<Response> shared_text() {
    co_return Response{
        .content_type = "text/plain",
        .shared_body = std::make_shared<const std::string>("one for all")
    };
}

net::awaitable<Piece> fail() {
    throw std::runtime_error("secret words");
    co_return Piece();
}

net::awaitable<Response> breaks() {
    Script script{.pieces = {"hello"}, .last = [] { return fail(); }};
    co_return streamed(std::move(script));
}

net::awaitable<Piece> wait_for_ever() {
    net::steady_timer timer(co_await net::this_coro::executor);
    timer.expires_at(std::chrono::steady_clock::time_point::max());
    co_await timer.async_wait(net::use_awaitable);
    co_return Piece();
}

net::awaitable<Response> never_ends() {
    Script script{.pieces = {"hello"}, .last = [] { return wait_for_ever(); }};
    co_return streamed(std::move(script));
}

constexpr std::string_view chunks = "5\r\nhello\r\n11\r\nxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n";

class Streaming : public testing::Test {
protected:
    Streaming() : client(loopback.port()) {
        loopback.router.add("GET", "/two", handler_of(two_pieces));
        loopback.router.add("GET", "/shared", handler_of(shared_text));
        loopback.router.add("GET", "/breaks", handler_of(breaks));
        loopback.router.add("GET", "/never", handler_of(never_ends));
        loopback.start();
    }

    Loopback loopback;
    Client client;
};

TEST_F(Streaming, SendsPiecesAsChunksAndKeepsTheConnection) {
    for (int time = 0; time < 2; ++time) {
        client.send("GET /two HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(client.read_answer().headers["Transfer-Encoding"], "chunked");
        EXPECT_EQ(client.read_exactly(chunks.size()), chunks);
    }
}

TEST_F(Streaming, SendsPiecesAsTheyAreToWhoSpeaksHttp10) {
    client.send("GET /two HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.read_answer().headers["Connection"], "close");
    EXPECT_EQ(client.read_all(), "hello" + std::string(17, 'x'));
}

TEST_F(Streaming, SendsNoPieceForHead) {
    client.send("HEAD /two HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200U);
    EXPECT_EQ(client.get("/shared").body, "one for all");
}

TEST_F(Streaming, ClosesWithoutAnEndWhereNoPieceCanBeMade) {
    client.send("GET /breaks HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200U);
    EXPECT_EQ(client.read_all(), "5\r\nhello\r\n");
}

TEST_F(Streaming, AStopEndsWhatNeverWould) {
    client.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200U);
    EXPECT_EQ(client.read_exactly(10), "5\r\nhello\r\n");
    loopback.server().stop(std::chrono::milliseconds(0));
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(loopback.returns());
}

}  // namespace
}  // namespace slipway::http
