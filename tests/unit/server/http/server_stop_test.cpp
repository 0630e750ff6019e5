#include "server/http/message.hpp"
#include "server/http/router.hpp"
#include "server/http/server.hpp"
#include "tests/unit/server/http/handlers.hpp"
#include "tests/unit/server/http/loopback.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <system_error>

namespace slipway::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::Answer;
using test::Client;
using test::handler_of;
using test::Loopback;

/// A handler that says when it was entered, and answers when it is let go. The context must run on
/// one thread.
class Gate {
public:
    explicit Gate(boost::asio::io_context& context)
        : context_(&context), timer_(context, boost::asio::steady_timer::time_point::max()) {}

    net::awaitable<Response> wait() {
        entered_.set_value();
        co_await timer_.async_wait(net::as_tuple(net::use_awaitable));
        co_return Response{.body = "done"};
    }

    void wait_until_entered() { entered_.get_future().wait(); }

    void open() {
        boost::asio::post(*context_, [this] { timer_.cancel(); });
    }

private:
    boost::asio::io_context* context_;
    boost::asio::steady_timer timer_;
    std::promise<void> entered_;
};

net::awaitable<Response> hello() {
    co_return Response{.body = "hello"};
}

class Stopping : public testing::Test {
protected:
    Stopping() : gate(loopback.context), client(loopback.port()) {
        loopback.router.add(
            "GET",
            "/gate",
            [this](const Request& /*request*/, const PathValues& /*values*/) { return gate.wait(); }
        );
        loopback.router.add("GET", "/hello", handler_of(hello));
    }

    Loopback loopback;
    Gate gate;
    Client client;
};

TEST_F(Stopping, FinishesTheRequestUnderWay) {
    loopback.start();
    client.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.wait_until_entered();
    loopback.server().stop(hours(1));
    gate.open();
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.headers.at("Connection"), "close");
    EXPECT_TRUE(client.is_closed()) << "the request behind it was answered";
    client.close();
    EXPECT_TRUE(loopback.returns());
}

TEST_F(Stopping, ClosesIdleConnectionsAtOnce) {
    loopback.start();
    Client silent(loopback.port());
    EXPECT_EQ(client.get("/hello").status, 200U);
    // One thread serves all in order: when this is answered, the two before wait for a request.
    Client other(loopback.port());
    EXPECT_EQ(other.get("/hello").status, 200U);
    loopback.server().stop(hours(1));
    EXPECT_TRUE(silent.is_closed());
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(loopback.returns());
}

TEST_F(Stopping, CancelsWhatIsLeftAfterTheGrace) {
    loopback.start();
    client.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.wait_until_entered();
    loopback.server().stop(milliseconds(10));
    EXPECT_TRUE(loopback.returns());
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Stopping, ClosesAHalfReadRequestAfterTheGrace) {
    client.send("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Le");
    loopback.start();
    Client other(loopback.port());
    EXPECT_EQ(other.get("/hello").status, 200U);
    loopback.server().stop(milliseconds(10));
    EXPECT_TRUE(loopback.returns());
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Stopping, CanBeHurried) {
    loopback.start();
    client.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.wait_until_entered();
    loopback.server().stop(hours(1));
    loopback.server().stop(milliseconds(0));
    EXPECT_TRUE(loopback.returns());
}

TEST_F(Stopping, TakesNoFurtherConnection) {
    loopback.start();
    EXPECT_EQ(client.get("/hello").status, 200U);
    loopback.server().stop(hours(1));
    ASSERT_TRUE(loopback.returns());
    EXPECT_THROW(const Client late(loopback.port()), std::system_error);
}

TEST_F(Stopping, MayComeBeforeServing) {
    loopback.server().stop(hours(1));
    loopback.start();
    EXPECT_TRUE(loopback.returns());
}

TEST_F(Stopping, MayComeAfterServing) {
    loopback.start();
    loopback.server().stop(milliseconds(0));
    ASSERT_TRUE(loopback.returns());
    loopback.server().stop(hours(1));
}

}  // namespace
}  // namespace slipway::http
