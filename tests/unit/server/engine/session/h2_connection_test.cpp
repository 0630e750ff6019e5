#include "server/engine/session/h2_connection.hpp"

#include "server/engine/session/grpc_message.hpp"
#include "tests/support/grpc_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::engine::session {
namespace {

using Kind = Event::Kind;
using Events = std::vector<Event>;

/// A connection and the client at its other end; bytes go over by exchange().
class H2 : public ::testing::Test {
protected:
    /// Until both are silent; everything that the server saw is in events_.
    void exchange(std::size_t piece = std::string::npos) {
        for (;;) {
            const std::string asked = client_.output();
            for (std::size_t at = 0; at < asked.size(); at += std::min(piece, asked.size())) {
                server_.feed(std::string_view(asked).substr(at, piece));
                collect();
            }
            const std::string answered = server_.output();
            collect();
            if (asked.empty() && answered.empty()) {
                return;
            }
            ASSERT_TRUE(client_.feed(answered));
        }
    }

    void collect() {
        for (Event& event : server_.take_events()) {
            events_.push_back(std::move(event));
        }
    }

    H2Connection server_;
    test::GrpcClient client_;
    Events events_;
};

TEST_F(H2, TellsACallAndAnswersIt) {
    const std::int32_t id = client_.call("/a.B/C", "request");
    exchange();
    EXPECT_EQ(
        events_,
        (Events{
            {.kind = Kind::call, .stream = id, .text = "/a.B/C"},
            {.kind = Kind::message, .stream = id, .text = "request"},
            {.kind = Kind::end, .stream = id},
        })
    );
    server_.send(id, "answer");
    server_.finish(id, {});
    exchange();
    const auto& answer = client_.answer(id);
    EXPECT_EQ(test::only_message(answer), "answer");
    EXPECT_EQ(answer.headers.at(":status"), "200");
    EXPECT_EQ(answer.headers.at("content-type"), "application/grpc");
    EXPECT_EQ(answer.headers.at("grpc-status"), "0");
    EXPECT_TRUE(answer.closed);
    EXPECT_EQ(answer.error, 0U);
    EXPECT_EQ(events_.back(), (Event{.kind = Kind::closed, .stream = id}));
}

TEST_F(H2, CutAtEveryByteItIsTheSame) {
    const std::int32_t id = client_.open("/a.B/C", {{"buildkit.ssh.id", "work"}});
    client_.send(id, "one");
    client_.send(id, "");
    client_.end(id);
    exchange(1);
    EXPECT_EQ(
        events_,
        (Events{
            {.kind = Kind::call, .stream = id, .text = "/a.B/C", .ssh_id = "work"},
            {.kind = Kind::message, .stream = id, .text = "one"},
            {.kind = Kind::message, .stream = id},
            {.kind = Kind::end, .stream = id},
        })
    );
}

TEST_F(H2, AnErrorIsAHeaderWithoutAMessage) {
    const std::int32_t id = client_.call("/a.B/C", "");
    exchange();
    server_.finish(id, {StatusCode::not_found, "no 'x' \xC3\xA9"});
    exchange();
    const auto& answer = client_.answer(id);
    EXPECT_EQ(answer.headers.at(":status"), "200");
    EXPECT_EQ(answer.headers.at("grpc-status"), "5");
    EXPECT_EQ(answer.headers.at("grpc-message"), "no 'x' %C3%A9");
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(answer.closed);
}

TEST_F(H2, AnEarlyEndStopsAPeerThatStillSends) {
    const std::int32_t id = client_.open("/a.B/C");
    client_.send(id, "one");
    exchange();
    server_.finish(id, {StatusCode::unimplemented, "no"});
    exchange();
    EXPECT_TRUE(client_.answer(id).closed);
    EXPECT_EQ(client_.answer(id).headers.at("grpc-status"), "12");
    EXPECT_EQ(client_.answer(id).error, 0U);  // NO_ERROR
    EXPECT_EQ(events_.back().kind, Kind::closed);
}

TEST_F(H2, AnOversizedMessageEndsItsCallOnly) {
    const std::int32_t other = client_.open("/a.B/C");
    const std::int32_t id = client_.open("/a.B/C");
    client_.send(id, std::string(MessageReader::largest_message + 1, 'x'));
    exchange();
    EXPECT_EQ(client_.answer(id).headers.at("grpc-status"), "8");
    EXPECT_TRUE(client_.answer(id).closed);
    events_.clear();
    client_.send(other, "still there");
    exchange();
    EXPECT_EQ(events_, (Events{{.kind = Kind::message, .stream = other, .text = "still there"}}));
    EXPECT_FALSE(server_.ended());
}

TEST_F(H2, AMessageCutShortIsAnError) {
    const std::int32_t id = client_.open("/a.B/C");
    client_.send_raw(id, std::string_view("\0\0\0\0\5abc", 8));
    client_.end(id);
    exchange();
    EXPECT_EQ(client_.answer(id).headers.at("grpc-status"), "13");
}

TEST_F(H2, TooManyHeadersResetTheCall) {
    const std::int32_t id = client_.open("/a.B/C", {{"x", std::string(20'000, 'x')}});
    exchange();
    EXPECT_TRUE(client_.answer(id).closed);
    EXPECT_NE(client_.answer(id).error, 0U);
    EXPECT_EQ(events_, Events{});
    EXPECT_FALSE(server_.ended());
}

TEST_F(H2, AResetClosesTheCall) {
    const std::int32_t id = client_.open("/a.B/C");
    exchange();
    client_.reset(id);
    exchange();
    EXPECT_EQ(events_.back(), (Event{.kind = Kind::closed, .stream = id}));
    server_.send(id, "too late");
    server_.finish(id, {});
    server_.taken(id, 1);
    exchange();
    EXPECT_EQ(server_.unsent(id), 0U);
    EXPECT_FALSE(server_.ended());
}

TEST_F(H2, MoreCallsThanAllowedAreHeldBackOrRefused) {
    std::vector<std::int32_t> ids;
    for (std::uint32_t i = 0; i <= H2Connection::most_calls; ++i) {
        ids.push_back(client_.open("/a.B/C"));
    }
    exchange();
    EXPECT_EQ(events_.size(), H2Connection::most_calls);
    server_.finish(ids.front(), {});
    exchange();
    EXPECT_EQ(events_.size(), H2Connection::most_calls + 2);  // one closed, one more opened
}

TEST_F(H2, MessagesThatAreNotTakenStopThePeer) {
    const std::int32_t id = client_.open("/a.B/C");
    const std::string message(30'000, 'x');
    for (int i = 0; i < 20; ++i) {
        client_.send(id, message);
    }
    exchange();
    const std::size_t held = client_.held_back(id);
    EXPECT_GT(held, 400'000U);
    for (int i = 0; i < 20; ++i) {
        server_.taken(id, message.size());
        exchange();
    }
    EXPECT_EQ(client_.held_back(id), 0U);
    EXPECT_EQ(events_.size(), 21U);
}

TEST_F(H2, AMessageAboveTheWindowGetsThrough) {
    const std::int32_t id = client_.call("/a.B/C", std::string(200'000, 'x'));
    exchange();
    ASSERT_EQ(events_.size(), 3U);
    EXPECT_EQ(events_[1].text.size(), 200'000U);
    EXPECT_EQ(client_.held_back(id), 0U);
}

TEST_F(H2, WhatThePeerDoesNotReadStaysUnsent) {
    const std::int32_t id = client_.call("/a.B/C", "");
    exchange();
    const std::string answer(500'000, 'x');
    server_.send(id, answer);
    server_.finish(id, {});
    exchange();
    EXPECT_GT(server_.unsent(id), 400'000U);
    EXPECT_FALSE(client_.answer(id).ended);
    for (std::size_t read = 0; !client_.answer(id).ended;) {
        const std::size_t got = client_.answer(id).body.size();
        ASSERT_GT(got, read);
        client_.read(id, got - read);
        read = got;
        exchange();
    }
    EXPECT_EQ(test::only_message(client_.answer(id)), answer);
    EXPECT_EQ(client_.answer(id).headers.at("grpc-status"), "0");
}

TEST(H2Connection, AnotherProtocolEndsIt) {
    H2Connection server;
    server.feed("GET / HTTP/1.1\r\nHost: engine\r\n\r\n");
    EXPECT_TRUE(server.ended());
    EXPECT_TRUE(server.take_events().empty());
}

TEST(H2Connection, AMalformedFrameEndsIt) {
    H2Connection server;
    test::GrpcClient client;
    server.feed(client.output());
    EXPECT_FALSE(server.ended());
    server.feed(std::string_view("\0\0\4\x08\0\0\0\0\0\0\0\0\0", 13));  // a window update by 0
    static_cast<void>(server.output());                                 // says why
    EXPECT_TRUE(server.ended());
    server.feed("anything");
    EXPECT_EQ(server.output(), "");
}

TEST(H2Connection, AFrameAboveTheLimitEndsIt) {
    H2Connection server;
    test::GrpcClient client;
    server.feed(client.output());
    server.feed(std::string_view("\xFF\xFF\xFF\0\0\0\0\0\1", 9));
    static_cast<void>(server.output());
    EXPECT_TRUE(server.ended());
}

TEST(H2Connection, EveryTruncationOfACallIsHarmless) {
    test::GrpcClient client;
    static_cast<void>(client.call("/a.B/C", "request"));
    const std::string bytes = client.output();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        H2Connection server;
        server.feed(bytes.substr(0, size));
        EXPECT_FALSE(server.ended()) << size;
    }
}

TEST(H2Connection, EveryFlippedByteIsHarmless) {
    test::GrpcClient client;
    static_cast<void>(client.call("/a.B/C", "request"));
    const std::string bytes = client.output();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const int flip : {0x01, 0x80, 0xFF}) {
            std::string broken = bytes;
            broken[at] = static_cast<char>(broken[at] ^ flip);
            H2Connection server;
            server.feed(broken);
            static_cast<void>(server.output());
            for (const Event& event : server.take_events()) {
                server.finish(event.stream, {StatusCode::unimplemented, "no"});
            }
            static_cast<void>(server.output());
        }
    }
}

}  // namespace
}  // namespace slipway::engine::session
