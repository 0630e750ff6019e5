#include "server/http/server.hpp"

#include "core/base/result.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"
#include "tests/unit/server/http/handlers.hpp"
#include "tests/unit/server/http/loopback.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {
namespace {

using test::Answer;
using test::Client;
using test::handler_of;
using test::Loopback;

net::awaitable<Response> hello() {
    co_return Response{.content_type = "text/plain", .body = "hello"};
}

net::awaitable<Response> echo(Request request) {
    co_return Response{.content_type = "text/plain", .body = std::move(request.body)};
}

net::awaitable<Response> tell_id(PathValues values) {
    co_return Response{.content_type = "text/plain", .body = values["id"]};
}

net::awaitable<Response> nothing() {
    co_return Response{.status = 204};
}

net::awaitable<Response> fails() {
    throw std::runtime_error("secret words");
    co_return Response{};
}

net::awaitable<Response> tell_peer(Request request) {
    co_return Response{.content_type = "text/plain", .body = request.peer};
}

net::awaitable<Response> much() {
    co_return Response{.content_type = "text/plain", .body = std::string(8'000'000, 'x')};
}

void add_routes(Router& router) {
    router.add("GET", "/hello", handler_of(hello));
    router.add("POST", "/echo", handler_of(echo));
    router.add("GET", "/ids/{id}", handler_of(tell_id));
    router.add("GET", "/nothing", handler_of(nothing));
    router.add("GET", "/fails", handler_of(fails));
    router.add("GET", "/peer", handler_of(tell_peer));
    router.add("GET", "/much", handler_of(much));
}

/// A server with the routes above; bodies to 1000 bytes, heads to 512.
class Serving : public testing::Test {
protected:
    Serving() : loopback({.body_bytes = 1000, .header_bytes = 512}), client(loopback.port()) {
        add_routes(loopback.router);
        loopback.start();
    }

    Loopback loopback;
    Client client;
};

TEST_F(Serving, AnswersARequest) {
    const Answer answer = client.get("/hello");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.headers.at("Server"), "slipway");
    EXPECT_EQ(answer.headers.at("Content-Type"), "text/plain");
    EXPECT_EQ(answer.headers.at("Content-Length"), "5");
    EXPECT_EQ(answer.headers.at("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.headers.at("Cache-Control"), "no-store");
    EXPECT_TRUE(answer.headers.at("Date").ends_with(" GMT"));
    EXPECT_FALSE(answer.headers.contains("Connection"));
}

TEST_F(Serving, AnswersManyRequestsOfOneConnection) {
    for (int count = 0; count < 100; ++count) {
        const std::string id = std::to_string(count);
        EXPECT_EQ(client.get("/ids/" + id).body, id);
    }
}

TEST_F(Serving, AnswersPipelinedRequestsInOrder) {
    std::string requests;
    for (int count = 0; count < 50; ++count) {
        requests += "GET /ids/" + std::to_string(count) + " HTTP/1.1\r\nHost: x\r\n\r\n";
        requests += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
    }
    client.send(requests);
    for (int count = 0; count < 50; ++count) {
        EXPECT_EQ(client.read_answer().body, std::to_string(count));
        EXPECT_EQ(client.read_answer().body, "ab");
    }
}

TEST_F(Serving, ReadsRequestsThatComeByteByByte) {
    client.send_bytewise(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ndef"
    );
    EXPECT_EQ(client.read_answer().body, "abc");
    EXPECT_EQ(client.read_answer().body, "def");
}

TEST_F(Serving, GivesHeadWithoutABodyAndGoesOn) {
    client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /unknown HTTP/1.1\r\nHost: x\r\n\r\n");
    const Answer found = client.read_answer(false);
    EXPECT_EQ(found.status, 200U);
    EXPECT_EQ(found.headers.at("Content-Length"), "5");
    EXPECT_EQ(client.read_answer(false).status, 404U);
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_F(Serving, GivesNoBodyWith204) {
    const Answer answer = client.get("/nothing");
    EXPECT_EQ(answer.status, 204U);
    EXPECT_FALSE(answer.headers.contains("Content-Length"));
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_F(Serving, SaysThatAPathOrMethodIsUnknownAndGoesOn) {
    EXPECT_EQ(client.get("/unknown").status, 404U);
    client.send("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 405U);
    EXPECT_EQ(answer.headers.at("Allow"), "GET, HEAD");
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_F(Serving, AnswersForAHandlerThatThrowsAndGoesOn) {
    const Answer answer = client.get("/fails");
    EXPECT_EQ(answer.status, 500U);
    EXPECT_EQ(answer.headers.at("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_F(Serving, KnowsThePeer) {
    EXPECT_EQ(client.get("/peer").body, "127.0.0.1");
}

TEST_F(Serving, SendsALargeAnswerWhole) {
    const Answer answer = client.get("/much");
    EXPECT_EQ(answer.body, std::string(8'000'000, 'x'));
}

TEST_F(Serving, TakesAnAbsoluteTarget) {
    EXPECT_EQ(client.get("http://proxy.example/hello").body, "hello");
}

TEST_F(Serving, KeepsAnEncodedSlashInItsSegment) {
    EXPECT_EQ(client.get("/ids/a%2Fb").body, "a/b");
}

TEST_F(Serving, ClosesWhenAskedTo) {
    client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.headers.at("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, ClosesAfterHttp10UnlessAskedNotTo) {
    client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.read_answer().headers.at("Connection"), "keep-alive");
    client.send("GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.read_answer().headers.at("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, TakesABodyAsLongAsTheLimit) {
    const std::string body(1000, 'x');
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + body);
    EXPECT_EQ(client.read_answer().body, body);
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + body +
        "\r\n0\r\n\r\n"
    );
    EXPECT_EQ(client.read_answer().body, body);
}

TEST_F(Serving, RefusesALongerBodyByItsHeadAndCloses) {
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(answer.headers.at("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, RefusesALongerChunkedBodyAndCloses) {
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
        std::string(1000, 'x') + "\r\n1\r\n"
    );
    EXPECT_EQ(client.read_answer().status, 413U);
    EXPECT_TRUE(client.is_closed());
}

// A reset would take the answer away from who is still sending.
TEST_F(Serving, IsHeardByWhoSendsAllOfABodyThatIsTooLong) {
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
    EXPECT_TRUE(client.sends_all(std::string(8'000'000, 'x')));
    EXPECT_EQ(client.read_answer().status, 413U);
}

TEST_F(Serving, DoesNotListenOnToWhoSendsWithoutEnd) {
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000000\r\n\r\n");
    const std::string piece(1'000'000, 'x');
    int sent = 0;
    while (sent < 400 && client.sends_all(piece)) {
        ++sent;
    }
    EXPECT_LT(sent, 400);
}

TEST_F(Serving, AsksForTheBodyThatWasAnnounced) {
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    );
    EXPECT_EQ(client.read_exactly(25), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    EXPECT_EQ(client.read_answer().body, "body");
}

TEST_F(Serving, RefusesAnAnnouncedBodyThatIsTooLongBeforeItIsSent) {
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"
    );
    EXPECT_EQ(client.read_answer().status, 413U);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, MeetsNoOtherExpectation) {
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: tea\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 417U);
}

TEST_F(Serving, RefusesALongHead) {
    client.send("GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(512, 'a') + "\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 431U);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, RefusesALongTarget) {
    client.send("GET /" + std::string(512, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 414U);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, RefusesAnotherVersion) {
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 505U);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Serving, OutlivesAClientThatGoesAwayMidway) {
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    client.close();
    Client next(loopback.port());
    EXPECT_EQ(next.get("/hello").body, "hello");
}

struct Seen {
    std::string method;
    std::string pattern;
    unsigned status;

    bool operator==(const Seen&) const = default;
};

TEST(Server, TellsTheObserverOfEveryAnswer) {
    std::mutex guard;
    std::vector<Seen> seen;
    Loopback loopback({}, [&](auto method, auto pattern, unsigned status, auto took) {
        const std::lock_guard lock(guard);
        EXPECT_GE(took.count(), 0);
        seen.push_back({std::string(method), std::string(pattern), status});
    });
    add_routes(loopback.router);
    loopback.start();
    Client client(loopback.port());
    EXPECT_EQ(client.get("/ids/7").status, 200U);
    EXPECT_EQ(client.get("/unknown").status, 404U);
    EXPECT_EQ(client.get("/fails").status, 500U);
    client.send("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 400U);
    const std::lock_guard lock(guard);
    const std::vector<Seen> expected = {
        {"GET", "/ids/{id}", 200}, {"GET", "-", 404}, {"GET", "/fails", 500}, {"GET", "-", 400}
    };
    EXPECT_EQ(seen, expected);
}

TEST(Server, SaysWhatIsWrongWithAnAddress) {
    boost::asio::io_context context;
    for (const std::string_view address :
         {"",
          "8080",
          "localhost:8080",
          "127.0.0.1",
          "127.0.0.1:",
          "127.0.0.1:65536",
          "127.0.0.1:-1",
          "127.0.0.1:80x",
          "1.2.3:80"}) {
        const auto server = Server::bind(context.get_executor(), address, {});
        ASSERT_FALSE(server.has_value()) << address;
        EXPECT_EQ(server.error().code, ErrorCode::invalid) << address;
        EXPECT_NE(server.error().message.find("'" + std::string(address) + "'"), std::string::npos);
    }
}

TEST(Server, SaysThatAnAddressIsInUse) {
    boost::asio::io_context context;
    const auto first = Server::bind(context.get_executor(), "127.0.0.1:0", {});
    ASSERT_TRUE(first.has_value());
    const std::string address = "127.0.0.1:" + std::to_string((*first)->endpoint().port());
    const auto second = Server::bind(context.get_executor(), address, {});
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::unavailable);
    EXPECT_NE(second.error().message.find("Address already in use"), std::string::npos);
}

TEST(Server, ListensOnVersion6Too) {
    boost::asio::io_context context;
    const auto server = Server::bind(context.get_executor(), "[::1]:0", {});
    if (!server && server.error().code == ErrorCode::unavailable) {
        GTEST_SKIP() << server.error().message;
    }
    ASSERT_TRUE(server.has_value()) << server.error().message;
    EXPECT_TRUE((*server)->endpoint().address().is_v6());
}

}  // namespace
}  // namespace slipway::http
