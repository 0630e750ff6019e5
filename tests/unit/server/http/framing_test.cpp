#include "server/http/framing.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::http {
namespace {

using State = HeadScanner::State;

constexpr std::string_view head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HeadScanner, FindsTheEndOfAHead) {
    HeadScanner scanner(1000);
    EXPECT_EQ(scanner.scan(std::string(head) + "GET /next"), State::complete);
    EXPECT_EQ(scanner.bytes(), head.size());
}

TEST(HeadScanner, FindsItHoweverTheBytesCome) {
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        HeadScanner scanner(1000);
        EXPECT_EQ(scanner.scan(head.substr(0, cut)), State::incomplete) << cut;
        EXPECT_EQ(scanner.scan(head), State::complete) << cut;
        EXPECT_EQ(scanner.bytes(), head.size()) << cut;
    }
    HeadScanner bytewise(1000);
    for (std::size_t size = 0; size < head.size(); ++size) {
        EXPECT_EQ(bytewise.scan(head.substr(0, size)), State::incomplete) << size;
    }
    EXPECT_EQ(bytewise.scan(head), State::complete);
}

TEST(HeadScanner, RefusesALineThatEndsInLineFeedOnly) {
    for (const std::string_view text :
         {"GET / HTTP/1.1\n",
          "GET / HTTP/1.1\r\nHost: x\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\n\n",
          "\n"}) {
        EXPECT_EQ(HeadScanner(1000).scan(text), State::malformed) << text;
    }
}

TEST(HeadScanner, RefusesAFoldedLine) {
    for (const std::string_view text :
         {"GET / HTTP/1.1\r\nA: b\r\n c\r\n",
          "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n",
          "GET / HTTP/1.1\r\n \r\n"}) {
        EXPECT_EQ(HeadScanner(1000).scan(text), State::malformed) << text;
    }
}

TEST(HeadScanner, TakesAHeadAsLongAsTheLimit) {
    EXPECT_EQ(HeadScanner(head.size()).scan(head), State::complete);
    EXPECT_EQ(HeadScanner(head.size() - 1).scan(head), State::too_long);
    EXPECT_EQ(
        HeadScanner(head.size() - 1).scan(head.substr(0, head.size() - 2)), State::incomplete
    );
    EXPECT_EQ(HeadScanner(head.size() - 1).scan(head.substr(0, head.size() - 1)), State::too_long);
}

TEST(HeadScanner, TellsALongTargetFromLongFields) {
    EXPECT_EQ(HeadScanner(10).scan(head), State::target_too_long);
    EXPECT_EQ(HeadScanner(16).scan(head), State::too_long);
}

Framing plain() {
    return {.hosts = 1, .host = "example.com:8080"};
}

unsigned status_of(const Framing& framing) {
    const auto refusal = refusal_of(framing);
    return refusal ? refusal->status : 0;
}

TEST(Framing, TakesWhatIsPlain) {
    EXPECT_EQ(status_of(plain()), 0U);
    Framing sized = plain();
    sized.content_lengths = 1;
    sized.content_length = "25";
    EXPECT_EQ(status_of(sized), 0U);
    Framing chunked = plain();
    chunked.transfer_encodings = 1;
    chunked.transfer_encoding = "Chunked";
    EXPECT_EQ(status_of(chunked), 0U);
}

TEST(Framing, RefusesAContentLengthThatIsNoPlainNumber) {
    for (const std::string_view text : {"", "+5", "-5", "5, 5", "5,5", "0x5", "5 5", "five"}) {
        Framing framing = plain();
        framing.content_lengths = 1;
        framing.content_length = text;
        EXPECT_EQ(status_of(framing), 400U) << text;
    }
}

TEST(Framing, RefusesAContentLengthThatIsThereTwice) {
    Framing framing = plain();
    framing.content_lengths = 2;
    framing.content_length = "5";
    EXPECT_EQ(status_of(framing), 400U);
}

TEST(Framing, RefusesATransferEncodingThatIsNotExactlyChunked) {
    for (const std::string_view text :
         {"",
          "gzip",
          "gzip, chunked",
          "chunked, gzip",
          "chunked, chunked",
          "xchunked",
          "chunked;a=b",
          "\"chunked\"",
          "identity"}) {
        Framing framing = plain();
        framing.transfer_encodings = 1;
        framing.transfer_encoding = text;
        EXPECT_EQ(status_of(framing), 400U) << text;
    }
}

TEST(Framing, RefusesTransferEncodingTwiceOrBesideContentLengthOrInHttp10) {
    Framing chunked = plain();
    chunked.transfer_encodings = 1;
    chunked.transfer_encoding = "chunked";
    Framing twice = chunked;
    twice.transfer_encodings = 2;
    EXPECT_EQ(status_of(twice), 400U);
    Framing both = chunked;
    both.content_lengths = 1;
    both.content_length = "5";
    EXPECT_EQ(status_of(both), 400U);
    Framing old = chunked;
    old.version = 10;
    EXPECT_EQ(status_of(old), 400U);
}

TEST(Framing, WantsExactlyOneHost) {
    Framing none = plain();
    none.hosts = 0;
    EXPECT_EQ(status_of(none), 400U);
    none.version = 10;
    EXPECT_EQ(status_of(none), 0U);
    Framing two = plain();
    two.hosts = 2;
    EXPECT_EQ(status_of(two), 400U);
    two.version = 10;
    EXPECT_EQ(status_of(two), 400U);
}

TEST(Framing, WantsAHostThatIsAHostName) {
    for (const std::string_view host : {"example.com", "127.0.0.1:80", "[::1]:8080", ""}) {
        Framing framing = plain();
        framing.host = host;
        EXPECT_EQ(status_of(framing), 0U) << host;
    }
    for (const std::string_view host : {"a b", "a/b", "a, b", "user@a", "a:b", "[::1", "a%zz"}) {
        Framing framing = plain();
        framing.host = host;
        EXPECT_EQ(status_of(framing), 400U) << host;
    }
}

TEST(Framing, MeetsOnlyOneExpectation) {
    Framing framing = plain();
    framing.expect = "100-Continue";
    EXPECT_EQ(status_of(framing), 0U);
    framing.expect = "200-ok";
    EXPECT_EQ(status_of(framing), 417U);
    framing.version = 10;
    EXPECT_EQ(status_of(framing), 0U);
}

}  // namespace
}  // namespace slipway::http
