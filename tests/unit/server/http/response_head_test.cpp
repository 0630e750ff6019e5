#include "server/http/response_head.hpp"

#include "server/http/message.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace slipway::http {
namespace {

std::string head_of(const Response& response, Connection connection = Connection::implied) {
    std::string head;
    append_head(head, response, connection, "today");
    return head;
}

TEST(HttpDate, IsAsTheStandardWantsIt) {
    EXPECT_EQ(
        http_date(std::chrono::sys_seconds(std::chrono::seconds(1795370760))),
        "Sun, 22 Nov 2026 18:06:00 GMT"
    );
    EXPECT_EQ(
        http_date(std::chrono::sys_seconds(std::chrono::seconds(784111777))),
        "Sun, 06 Nov 1994 08:49:37 GMT"
    );
    EXPECT_EQ(
        http_date(std::chrono::sys_seconds(std::chrono::seconds(1709164799))),
        "Wed, 28 Feb 2024 23:59:59 GMT"
    );
    EXPECT_EQ(
        http_date(std::chrono::sys_seconds(std::chrono::seconds(1709164800))),
        "Thu, 29 Feb 2024 00:00:00 GMT"
    );
}

TEST(HttpDate, OfNowMovesOn) {
    const auto before =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string now(current_http_date());
    const auto after =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    EXPECT_TRUE(now == http_date(before) || now == http_date(after)) << now;
}

TEST(ResponseHead, HasTheFieldsOfEveryAnswer) {
    const Response response{.status = 200, .headers = {{"ETag", "\"7\""}}, .body = "{}"};
    EXPECT_EQ(
        head_of(response),
        "HTTP/1.1 200 OK\r\nDate: today\r\nServer: slipway\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\nCache-Control: no-store\r\nETag: "
        "\"7\"\r\n\r\n"
    );
}

TEST(ResponseHead, SaysHowABodyInPiecesEnds) {
    std::string chunks;
    append_head(chunks, {}, Connection::implied, "today", BodyEnd::chunks);
    EXPECT_TRUE(chunks.contains("\r\nTransfer-Encoding: chunked\r\n")) << chunks;
    EXPECT_FALSE(chunks.contains("Content-Length")) << chunks;
    std::string close;
    append_head(close, {}, Connection::close, "today", BodyEnd::close);
    EXPECT_FALSE(close.contains("Transfer-Encoding")) << close;
    EXPECT_FALSE(close.contains("Content-Length")) << close;
}

TEST(ResponseHead, TakesTheLengthOfASharedBody) {
    const auto shared = std::make_shared<const std::string>("hello");
    EXPECT_TRUE(head_of({.body = "x", .shared_body = shared}).contains("Content-Length: 5\r\n"));
}

TEST(ResponseHead, LeavesCacheControlToTheHandler) {
    const std::string head = head_of({.headers = {{"cache-control", "no-cache"}}, .body = {}});
    EXPECT_EQ(head.find("no-store"), std::string::npos);
    EXPECT_NE(head.find("cache-control: no-cache\r\n"), std::string::npos);
}

TEST(ResponseHead, SaysWhatBecomesOfTheConnection) {
    EXPECT_EQ(head_of({}).find("Connection"), std::string::npos);
    EXPECT_NE(head_of({}, Connection::close).find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(
        head_of({}, Connection::keep_alive).find("Connection: keep-alive\r\n"), std::string::npos
    );
}

TEST(ResponseHead, SaysZeroWhereThereIsNoBody) {
    EXPECT_NE(head_of({.status = 200}).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(ResponseHead, SaysNoLengthWhereThereCanBeNoBody) {
    for (const unsigned status : {204U, 304U}) {
        const std::string head = head_of({.status = status});
        EXPECT_EQ(head.find("Content-Length"), std::string::npos) << status;
        EXPECT_EQ(head.find("Content-Type:"), std::string::npos) << status;
    }
}

TEST(ResponseHead, LeavesOutAFieldThatWouldEndItsLine) {
    const Response response{
        .headers =
            {{"Location", "/a\r\nSet-Cookie: b"},
             {"X-A\nX-B", "c"},
             {"X-Nul", std::string("a\0b", 3)},
             {"X-D", "d"}},
        .body = {}
    };
    const std::string head = head_of(response);
    EXPECT_EQ(head.find("Location"), std::string::npos);
    EXPECT_EQ(head.find("Set-Cookie"), std::string::npos);
    EXPECT_EQ(head.find("X-B"), std::string::npos);
    EXPECT_EQ(head.find("X-Nul"), std::string::npos);
    EXPECT_NE(head.find("X-D: d\r\n"), std::string::npos);
}

TEST(ResponseHead, WritesAnUnknownStatusToo) {
    EXPECT_TRUE(head_of({.status = 299}).starts_with("HTTP/1.1 299 "));
}

}  // namespace
}  // namespace slipway::http
