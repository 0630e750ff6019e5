#include "server/http/message.hpp"
#include "server/http/router.hpp"
#include "server/http/server.hpp"
#include "tests/unit/server/http/handlers.hpp"
#include "tests/unit/server/http/loopback.hpp"

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace slipway::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::Answer;
using test::Client;
using test::handler_of;
using test::Loopback;

net::awaitable<Response> echo(Request request) {
    co_return Response{.body = std::move(request.body)};
}

net::awaitable<Response> much() {
    Response response;
    response.body.resize(32'000'000, 'x');
    co_return response;
}

void add_routes(Router& router) {
    router.add("GET", "/echo", handler_of(echo));
    router.add("POST", "/echo", handler_of(echo));
    router.add("GET", "/much", handler_of(much));
}

TEST(ServerDeadlines, CutOffASlowHead) {
    Loopback loopback({.head = milliseconds(50)});
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send("GET /echo HTTP/1.1\r\nHo");
    loopback.start();
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 408U);
    EXPECT_EQ(answer.headers.at("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
}

TEST(ServerDeadlines, CutOffASlowBody) {
    Loopback loopback({.body = milliseconds(50)});
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    loopback.start();
    EXPECT_EQ(client.read_answer().status, 408U);
    EXPECT_TRUE(client.is_closed());
}

TEST(ServerDeadlines, CutOffABodyThatIsNotSentAfterContinue) {
    Loopback loopback({.body = milliseconds(50)});
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"
    );
    loopback.start();
    EXPECT_EQ(client.read_exactly(25), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 408U);
}

// A sender that sends a byte now and then gains no time by it.
TEST(ServerDeadlines, AreForTheWholeHead) {
    Loopback loopback({.head = milliseconds(50)});
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send("GET /echo HTTP/1.1\r\nA: ");
    loopback.start();
    while (client.has_nothing_to_read()) {
        client.send("a");
        std::this_thread::yield();
    }
    EXPECT_TRUE(client.read_answer().status == 408U || client.is_closed());
}

TEST(ServerDeadlines, CloseWhoSaysNothingWithoutAWord) {
    Loopback loopback({.head = milliseconds(20)});
    add_routes(loopback.router);
    Client client(loopback.port());
    loopback.start();
    EXPECT_EQ(client.read_all(), "");
}

TEST(ServerDeadlines, CloseAnIdleConnectionWithoutAWord) {
    Loopback loopback({.idle = milliseconds(20)});
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    loopback.start();
    EXPECT_EQ(client.read_answer().status, 200U);
    EXPECT_EQ(client.read_all(), "");
}

TEST(ServerDeadlines, GoOnWithEveryRequest) {
    Loopback loopback(
        {.head = milliseconds(2000), .idle = milliseconds(2000), .body = milliseconds(2000)}
    );
    add_routes(loopback.router);
    Client client(loopback.port());
    loopback.start();
    const auto end = std::chrono::steady_clock::now() + milliseconds(3000);
    while (std::chrono::steady_clock::now() < end) {
        ASSERT_EQ(client.get("/echo").status, 200U);
    }
}

TEST(ServerDeadlines, CloseOnWhoDoesNotRead) {
    Loopback loopback({.write = milliseconds(50)});
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send("GET /much HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    loopback.start();
    Client other(loopback.port());
    EXPECT_EQ(other.get("/echo").status, 200U);
    other.close();
    loopback.server().stop(hours(1));
    ASSERT_TRUE(loopback.returns());
    EXPECT_LT(client.read_all().size(), 32'000'000U);
}

/// No file can be opened while it lives.
class NoFreeDescriptor {
public:
    NoFreeDescriptor() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(STDERR_FILENO);
        ::close(lowest_free);
        rlimit none = before_;
        none.rlim_cur = static_cast<rlim_t>(lowest_free);
        ::setrlimit(RLIMIT_NOFILE, &none);
    }

    NoFreeDescriptor(const NoFreeDescriptor&) = delete;
    NoFreeDescriptor& operator=(const NoFreeDescriptor&) = delete;
    NoFreeDescriptor(NoFreeDescriptor&&) = delete;
    NoFreeDescriptor& operator=(NoFreeDescriptor&&) = delete;

    ~NoFreeDescriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(ServerBound, GoesOnAfterItRanOutOfDescriptors) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the undefined behaviour sanitizer opens a pipe to look at an object's type";
#endif
    Loopback loopback;
    add_routes(loopback.router);
    Client client(loopback.port());
    client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    loopback.spawn();
    {
        const NoFreeDescriptor none;
        const auto handlers = loopback.context.run_for(milliseconds(50));
        EXPECT_LT(handlers, 50U) << "accepting again and again without a pause";
        EXPECT_TRUE(client.has_nothing_to_read());
    }
    loopback.start();
    EXPECT_EQ(client.read_answer().status, 200U);
}

}  // namespace
}  // namespace slipway::http
