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
#include <cstddef>
#include <list>
#include <semaphore>
#include <string>
#include <utility>

namespace slipway::http {
namespace {

using test::Answer;
using test::Client;
using test::handler_of;
using test::Loopback;

net::awaitable<Response> echo(Request request) {
    co_return Response{.body = std::move(request.body)};
}

/// A handler that says when it was entered, and answers when it is let go. The context must run on
/// one thread.
class Gate {
public:
    explicit Gate(boost::asio::io_context& context)
        : context_(&context), timer_(context, boost::asio::steady_timer::time_point::max()) {}

    net::awaitable<Response> wait() {
        entered_.release();
        co_await timer_.async_wait(net::as_tuple(net::use_awaitable));
        co_return Response{.body = "done"};
    }

    void wait_until_entered() { entered_.acquire(); }

    void open() {
        boost::asio::post(*context_, [this] { timer_.cancel(); });
    }

private:
    boost::asio::io_context* context_;
    boost::asio::steady_timer timer_;
    std::counting_semaphore<> entered_{0};
};

class Room : public testing::Test {
protected:
    explicit Room(ServerLimits limits) : loopback(limits), gate(loopback.context) {
        loopback.router.add("POST", "/echo", handler_of(echo));
        loopback.router.add("GET", "/echo", handler_of(echo));
        loopback.router.add(
            "GET",
            "/gate",
            [this](const Request& /*request*/, const PathValues& /*values*/) { return gate.wait(); }
        );
        loopback.start();
    }

    Loopback loopback;
    Gate gate;
};

class RoomForConnections : public Room {
protected:
    RoomForConnections() : Room({.connections = 2}) {}
};

TEST_F(RoomForConnections, IsMadeByTheOldestThatSendsNothing) {
    Client silent(loopback.port());
    Client other(loopback.port());
    EXPECT_EQ(other.get("/echo").status, 200U);
    Client third(loopback.port());
    EXPECT_EQ(third.get("/echo").status, 200U);
    EXPECT_TRUE(silent.is_closed());
    EXPECT_EQ(other.get("/echo").status, 200U);
}

TEST_F(RoomForConnections, IsMadeByTheOldestWhoseHeadIsSlowWithAWord) {
    Client slow(loopback.port());
    slow.send("GET /echo HTTP/1.1\r\nHo");
    Client other(loopback.port());
    EXPECT_EQ(other.get("/echo").status, 200U);
    Client third(loopback.port());
    EXPECT_EQ(third.get("/echo").status, 200U);
    const Answer answer = slow.read_answer();
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(answer.headers.at("Retry-After"), "1");
    EXPECT_TRUE(slow.is_closed());
}

TEST_F(RoomForConnections, IsNotMadeByWhoIsBeingAnswered) {
    Client first(loopback.port());
    Client second(loopback.port());
    for (const Client* client : {&first, &second}) {
        client->send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
        gate.wait_until_entered();
    }
    Client waiting(loopback.port());
    waiting.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.open();
    EXPECT_EQ(first.read_answer().body, "done");
    EXPECT_EQ(second.read_answer().body, "done");
    EXPECT_EQ(waiting.read_answer().status, 200U);
}

class RoomAmongListeners : public Room {
protected:
    RoomAmongListeners() : Room({.connections = 2, .answer = std::chrono::milliseconds(0)}) {}
};

TEST_F(RoomAmongListeners, IsMadeByTheOldest) {
    Client first(loopback.port());
    Client second(loopback.port());
    for (const Client* client : {&first, &second}) {
        client->send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
        gate.wait_until_entered();
    }
    Client third(loopback.port());
    EXPECT_EQ(third.get("/echo").status, 200U);
    EXPECT_TRUE(first.is_closed());
    EXPECT_TRUE(second.has_nothing_to_read());
    gate.open();
    EXPECT_EQ(second.read_answer().body, "done");
}

TEST_F(RoomForConnections, IsFoundForEachOfMany) {
    std::list<Client> silent;
    for (std::size_t count = 0; count < 100; ++count) {
        silent.emplace_back(loopback.port());
    }
    Client client(loopback.port());
    EXPECT_EQ(client.get("/echo").status, 200U);
}

/// A body of `bytes`, of which all but the last one is sent.
void send_nearly(const Client& client, std::size_t bytes) {
    const std::string length = std::to_string(bytes);
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n");
    client.send(std::string(bytes - 1, 'x'));
}

class RoomForBodies : public Room {
protected:
    RoomForBodies() : Room({.body_bytes = 1000, .bodies_bytes = 1500}) {}
};

TEST_F(RoomForBodies, IsMadeByTheOldestThatIsNotComplete) {
    Client silent(loopback.port());
    Client slow(loopback.port());
    send_nearly(slow, 1000);
    Client other(loopback.port());
    send_nearly(other, 1000);
    const Answer answer = slow.read_answer();
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(answer.headers.at("Retry-After"), "1");
    other.send("x");
    EXPECT_EQ(other.read_answer().body.size(), 1000U);
    EXPECT_TRUE(silent.has_nothing_to_read());
}

TEST_F(RoomForBodies, IsThereAgainOnceTheyAreAnswered) {
    Client client(loopback.port());
    for (int count = 0; count < 10; ++count) {
        send_nearly(client, 1000);
        client.send("x");
        EXPECT_EQ(client.read_answer().status, 200U);
    }
}

TEST_F(RoomForBodies, IsThereAgainOnceTheirSendersAreGone) {
    for (int count = 0; count < 10; ++count) {
        Client client(loopback.port());
        send_nearly(client, 1000);
    }
    Client client(loopback.port());
    send_nearly(client, 1000);
    client.send("x");
    EXPECT_EQ(client.read_answer().status, 200U);
}

}  // namespace
}  // namespace slipway::http
