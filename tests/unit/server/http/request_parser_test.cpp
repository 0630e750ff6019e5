#include "server/http/request_parser.hpp"

#include "server/http/framing.hpp"
#include "server/http/message.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::http {
namespace {

struct Outcome {
    unsigned refused = 0;  // the status, or 0
    bool done = false;
    Request request;
    std::string rest;  // what was not taken
};

/// Offers `pieces` one after the other, as they would come from a socket.
Outcome parse(const std::vector<std::string_view>& pieces, std::size_t body_bytes = 100) {
    RequestParser parser(body_bytes, 64);
    HeadScanner scanner(1000);
    bool in_head = true;
    Outcome outcome;
    for (const std::string_view piece : pieces) {
        outcome.rest += piece;
        if (in_head) {
            const HeadScanner::State state = scanner.scan(outcome.rest);
            if (state == HeadScanner::State::incomplete) {
                continue;
            }
            EXPECT_EQ(state, HeadScanner::State::complete);
            if (const auto refusal =
                    parser.take_head(std::string_view(outcome.rest).substr(0, scanner.bytes()))) {
                outcome.refused = refusal->status;
                return outcome;
            }
            outcome.rest.erase(0, scanner.bytes());
            in_head = false;
        }
        bool wants_more = false;
        while (!parser.is_done() && !wants_more) {
            const RequestParser::Taken taken = parser.take_body(outcome.rest);
            outcome.rest.erase(0, taken.bytes);
            wants_more = taken.needs_more;
            if (taken.refusal) {
                outcome.refused = taken.refusal->status;
                return outcome;
            }
        }
    }
    outcome.done = !in_head && parser.is_done();
    outcome.request = parser.request();
    return outcome;
}

Outcome parse(std::string_view text, std::size_t body_bytes = 100) {
    return parse(std::vector<std::string_view>{text}, body_bytes);
}

std::vector<std::string_view> bytes_of(std::string_view text) {
    std::vector<std::string_view> bytes;
    bytes.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        bytes.push_back(text.substr(at, 1));
    }
    return bytes;
}

TEST(RequestParser, MakesARequest) {
    const Outcome outcome = parse(
        "POST /a%2Fb/c?d=e HTTP/1.1\r\nHost: x\r\nX-Token:  abc \r\nAccept: a\r\nACCEPT: "
        "b\r\nContent-Length: 4\r\n\r\nbody"
    );
    ASSERT_TRUE(outcome.done);
    const Request& request = outcome.request;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/a/b/c");
    EXPECT_EQ(request.segments, (std::vector<std::string>{"a/b", "c"}));
    EXPECT_EQ(request.query, (std::map<std::string, std::string>{{"d", "e"}}));
    EXPECT_EQ(request.header("host"), "x");
    EXPECT_EQ(request.header("x-token"), "abc");
    EXPECT_EQ(request.header("accept"), "a, b");
    EXPECT_EQ(request.header("absent"), "");
    EXPECT_EQ(request.body, "body");
}

constexpr std::string_view sized =
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world";
constexpr std::string_view chunked =
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n6;name=\"value\"\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
constexpr std::string_view chunked_without_body =
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

TEST(RequestParser, ReadsTheSameWhereverTheBytesAreCut) {
    for (const std::string_view text : {sized, chunked}) {
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            const Outcome outcome = parse({text.substr(0, cut), text.substr(cut)});
            ASSERT_TRUE(outcome.done) << cut;
            EXPECT_EQ(outcome.request.body, "hello world") << cut;
            EXPECT_EQ(outcome.rest, "") << cut;
        }
        const Outcome outcome = parse(bytes_of(text));
        ASSERT_TRUE(outcome.done);
        EXPECT_EQ(outcome.request.body, "hello world");
    }
}

TEST(RequestParser, ReadsAnEmptyChunkedBodyWhereverItIsCut) {
    for (std::size_t cut = 0; cut <= chunked_without_body.size(); ++cut) {
        const Outcome outcome =
            parse({chunked_without_body.substr(0, cut), chunked_without_body.substr(cut)});
        ASSERT_TRUE(outcome.done) << cut;
        EXPECT_EQ(outcome.request.body, "") << cut;
    }
    EXPECT_TRUE(parse(bytes_of(chunked_without_body)).done);
}

TEST(RequestParser, LeavesTheNextRequestAlone) {
    for (const std::string_view text : {sized, chunked, chunked_without_body}) {
        const Outcome outcome = parse(std::string(text) + "GET /next");
        ASSERT_TRUE(outcome.done);
        EXPECT_EQ(outcome.rest, "GET /next");
    }
}

TEST(RequestParser, WaitsForWhatIsMissing) {
    for (const std::string_view text : {sized, chunked, chunked_without_body}) {
        for (std::size_t size = 0; size < text.size(); ++size) {
            const Outcome outcome = parse(text.substr(0, size));
            EXPECT_FALSE(outcome.done) << size;
            EXPECT_EQ(outcome.refused, 0U) << size;
        }
    }
}

TEST(RequestParser, ForgetsTheTrailer) {
    const Outcome outcome = parse(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: "
        "Bearer x\r\nHost: y\r\n\r\n"
    );
    ASSERT_TRUE(outcome.done);
    EXPECT_EQ(outcome.request.header("authorization"), "");
    EXPECT_EQ(outcome.request.header("host"), "x");
}

TEST(RequestParser, TakesABodyAsLongAsTheLimit) {
    EXPECT_TRUE(parse(sized, 11).done);
    EXPECT_EQ(parse(sized, 10).refused, 413U);
    EXPECT_TRUE(parse(chunked, 11).done);
    EXPECT_EQ(parse(chunked, 10).refused, 413U);
    EXPECT_EQ(parse(chunked, 0).refused, 413U);
}

TEST(RequestParser, RefusesALongBodyByItsHeadAlone) {
    EXPECT_EQ(parse("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n").refused, 413U);
    EXPECT_EQ(
        parse("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n")
            .refused,
        413U
    );
}

TEST(RequestParser, RefusesAChunkWhoseSizeIsTooLargeForANumber) {
    const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(parse(head + "5\r\nhello\r\nffffffffffffffff\r\n").refused, 413U);
    EXPECT_EQ(parse(head + "10000000000000005\r\nhello\r\n").refused, 400U);
}

TEST(RequestParser, RefusesMalformedChunks) {
    const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string_view body :
         {"x\r\nhello\r\n",
          "-5\r\nhello\r\n",
          "0x5\r\nhello\r\n\r\n",
          " 5\r\nhello\r\n",
          "5\nhello\r\n0\r\n\r\n",
          "5\r\nhello0\r\n\r\n",
          "5\r\nhello\n0\r\n\r\n",
          "5 6\r\nhello\r\n",
          "5;\r\nhello\r\n",
          "\r\n\r\n\r\n",
          "5;a=\"\n\"\r\nhello\r\n",
          "5\rhello\r\n"}) {
        EXPECT_EQ(parse(head + std::string(body)).refused, 400U) << body;
    }
}

TEST(RequestParser, BoundsTheLinesBetweenChunks) {
    const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(parse(head + "5;" + std::string(70, 'a')).refused, 400U);
    EXPECT_EQ(parse(head + "0\r\nA: " + std::string(70, 'a')).refused, 400U);
}

TEST(RequestParser, BoundsTheLinesBetweenChunksWhereverTheyAreCut) {
    const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto end = [&head](std::size_t bytes) {
        return head + "0\r\nA: " + std::string(bytes - 10, 'a') + "\r\n\r\n";
    };
    const auto extended = [&head](std::size_t bytes) {
        return head + "5;" + std::string(bytes - 4, 'a') + "\r\nhello\r\n0\r\n\r\n";
    };
    for (const std::string& text : {end(64), extended(64)}) {
        EXPECT_TRUE(parse(text).done) << text;
        EXPECT_TRUE(parse(bytes_of(text)).done) << text;
    }
    for (const std::string& text : {end(65), extended(65)}) {
        EXPECT_EQ(parse(text).refused, 400U) << text;
        EXPECT_EQ(parse(bytes_of(text)).refused, 400U) << text;
    }
}

TEST(RequestParser, RefusesMalformedHeads) {
    for (const std::string_view text :
         {"\r\n",
          "GET\r\n\r\n",
          "GET /\r\n\r\n",
          "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
          "G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n"}) {
        EXPECT_EQ(parse(text).refused, 400U) << text;
    }
    const std::string_view with_nul("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 35);
    EXPECT_EQ(parse(with_nul).refused, 400U);
}

TEST(RequestParser, RefusesOtherVersions) {
    for (const std::string_view version :
         {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 "}) {
        EXPECT_EQ(parse("GET / " + std::string(version) + "\r\nHost: x\r\n\r\n").refused, 505U)
            << version;
    }
}

TEST(RequestParser, RefusesABadTarget) {
    EXPECT_EQ(parse("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n").refused, 400U);
    EXPECT_EQ(parse("CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n").refused, 400U);
    EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").refused, 400U);
}

TEST(RequestParser, KnowsWhetherAnotherRequestMayFollow) {
    const auto keeps = [](std::string_view head) {
        RequestParser parser(100, 64);
        EXPECT_FALSE(parser.take_head(head).has_value()) << head;
        return parser.wants_keep_alive();
    };
    EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace slipway::http
