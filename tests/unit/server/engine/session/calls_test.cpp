#include "server/engine/session/calls.hpp"

#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/session/h2_connection.hpp"
#include "server/engine/session/offer.hpp"
#include "tests/support/grpc_client.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine::session {
namespace {

using namespace std::string_literals;
using Local = net::local::stream_protocol;

const std::string health = "/grpc.health.v1.Health/Check";
const std::string credentials = "/moby.filesync.v1.Auth/Credentials";
const std::string get_secret = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const std::string check_agent = "/moby.sshforward.v1.SSH/CheckAgent";
const std::string forward_agent_call = "/moby.sshforward.v1.SSH/ForwardAgent";

// A length-delimited field of protobuf.
std::string field(int number, std::string_view value) {
    std::string out(1, static_cast<char>(number * 8 + 2));
    std::size_t size = value.size();
    for (; size > 0x7F; size >>= 7U) {
        out += static_cast<char>((size & 0x7FU) | 0x80U);
    }
    out += static_cast<char>(size);
    return out.append(value);
}

/// The engine on one side, the calls of a build on the other.
class CallsTest : public ::testing::Test {
protected:
    ~CallsTest() override {
        if (calls_) {
            test::run_coroutine(context_, stop(*calls_));
        }
    }

    static net::awaitable<bool> stop(Calls& calls) {
        co_await calls.stop();
        co_return true;
    }

    void offer(Offer offer) {
        calls_ = std::make_unique<Calls>(
            context_.get_executor(), server_, std::move(offer), [this] { ++told_of_output_; }
        );
    }

    /// Until nothing moves any more.
    void exchange() {
        for (bool moved = true; moved;) {
            const std::string asked = client_.output();
            server_.feed(asked);
            calls_->update();
            context_.restart();
            moved = context_.poll() > 0;
            const std::string answered = server_.output();
            calls_->update();
            if (!answered.empty()) {
                calls_->written();
            }
            ASSERT_TRUE(client_.feed(answered));
            moved = moved || !asked.empty() || !answered.empty();
        }
    }

    const test::GrpcClient::Answer& ask(const std::string& method, const std::string& request) {
        const std::int32_t id = client_.call(method, request);
        exchange();
        return client_.answer(id);
    }

    static std::string status(const test::GrpcClient::Answer& answer) {
        const auto code = answer.headers.find("grpc-status");
        return code == answer.headers.end() ? "none" : code->second;
    }

    net::io_context context_;
    H2Connection server_;
    test::GrpcClient client_;
    int told_of_output_ = 0;
    std::unique_ptr<Calls> calls_;
};

TEST_F(CallsTest, HealthIsServing) {
    offer({});
    EXPECT_EQ(test::only_message(ask(health, "")), "\x08\x01");
    EXPECT_GT(told_of_output_, 0);
}

TEST_F(CallsTest, UnknownMethodsAreUnimplemented) {
    offer({});
    for (const std::string method :
         {"/moby.filesync.v1.Auth/GetTokenAuthority",
          "/moby.filesync.v1.Auth/FetchToken",
          "/moby.filesync.v1.FileSync/DiffCopy",
          "/grpc.health.v1.Health/Watch",
          "/",
          "/x"}) {
        EXPECT_EQ(status(ask(method, "")), "12") << method;
    }
    const std::int32_t id = client_.open("/moby.upload.v1.Upload/Pull");  // says nothing yet
    exchange();
    EXPECT_EQ(status(client_.answer(id)), "12");
}

TEST_F(CallsTest, ACallWithoutARequestIsAnError) {
    offer({});
    const std::int32_t id = client_.open(health);
    client_.end(id);
    exchange();
    EXPECT_EQ(status(client_.answer(id)), "13");
}

TEST_F(CallsTest, RequestsThatAreNotProtobufAreErrors) {
    offer({.credentials = [](std::string) -> net::awaitable<Result<Credentials>> {
        co_return Credentials{};
    }});
    for (const std::string& method : {credentials, get_secret, check_agent}) {
        EXPECT_EQ(status(ask(method, "\x0A\xFF")), "13") << method;
    }
}

TEST_F(CallsTest, SecretsAreGivenByTheirExactId) {
    const std::string content = "s3cret\0\xFF\n"s;
    offer({.secrets = {{"token", content}, {"empty", ""}}});
    const auto& found = ask(get_secret, field(1, "token"));
    EXPECT_EQ(status(found), "0");
    EXPECT_EQ(test::only_message(found), field(1, content));
    EXPECT_EQ(test::only_message(ask(get_secret, field(1, "empty"))), "");
    for (const std::string_view id : {"toke", "token2", "TOKEN", ""}) {
        const auto& missing = ask(get_secret, field(1, id));
        EXPECT_EQ(status(missing), "5") << id;
        EXPECT_EQ(missing.body, "") << id;
    }
}

TEST_F(CallsTest, ALargeSecretArrivesWhole) {
    const std::string content(largest_secret, 'x');
    offer({.secrets = {{"large", content}}});
    const std::int32_t id = client_.call(get_secret, field(1, "large"));
    exchange();
    for (std::size_t read = 0; !client_.answer(id).ended;) {
        const std::size_t got = client_.answer(id).body.size();
        ASSERT_GT(got, read);
        client_.read(id, got - read);
        read = got;
        exchange();
    }
    EXPECT_EQ(test::only_message(client_.answer(id)), field(1, content));
}

TEST_F(CallsTest, WithoutCredentialsItIsAnonymous) {
    offer({});
    const auto& answer = ask(credentials, field(1, "r.example:5000"));
    EXPECT_EQ(status(answer), "0");
    EXPECT_EQ(test::only_message(answer), "");
}

TEST_F(CallsTest, CredentialsAreThoseOfTheRegistry) {
    offer({.credentials = [](std::string registry) -> net::awaitable<Result<Credentials>> {
        if (registry == "r.example:5000") {
            co_return Credentials{.username = "joe", .password = "pw"};
        }
        if (registry == "docker.io") {
            co_return Credentials{.username = "joe", .identity_token = "refresh"};
        }
        co_return Credentials{};
    }});
    EXPECT_EQ(
        test::only_message(ask(credentials, field(1, "r.example:5000"))),
        field(1, "joe") + field(2, "pw")
    );
    EXPECT_EQ(
        test::only_message(ask(credentials, field(1, "registry-1.docker.io"))), field(2, "refresh")
    );
    EXPECT_EQ(test::only_message(ask(credentials, field(1, "other.example"))), "");
}

TEST_F(CallsTest, AFailedLookUpIsAnErrorInWords) {
    offer({.credentials = [](std::string registry) -> net::awaitable<Result<Credentials>> {
        if (registry == "throws") {
            throw std::runtime_error("s3cret");
        }
        const ErrorCode code = registry == "away" ? ErrorCode::unavailable : ErrorCode::failed;
        co_return fail(code, "the helper said no");
    }});
    EXPECT_EQ(status(ask(credentials, field(1, "away"))), "14");
    const auto& refused = ask(credentials, field(1, "r.example"));
    EXPECT_EQ(status(refused), "9");
    EXPECT_EQ(
        refused.headers.at("grpc-message"),
        "looking up the credentials of r.example: the helper said no"
    );
    const auto& threw = ask(credentials, field(1, "throws"));
    EXPECT_EQ(status(threw), "13");
    EXPECT_FALSE(threw.headers.at("grpc-message").contains("s3cret"));
}

TEST_F(CallsTest, ASlowLookUpHoldsUpNoHealthCheckAndEndsWithTheSession) {
    bool cancelled = false;
    offer({.credentials = [&](std::string) -> net::awaitable<Result<Credentials>> {
        net::steady_timer timer(context_, std::chrono::hours(1));
        boost::system::error_code error;
        co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
        cancelled = true;
        co_return Credentials{};
    }});
    const std::int32_t slow = client_.call(credentials, field(1, "r.example"));
    const std::int32_t reset = client_.call(credentials, field(1, "r.example"));
    exchange();
    EXPECT_EQ(status(ask(health, "")), "0");
    EXPECT_EQ(status(client_.answer(slow)), "none");
    client_.reset(reset);
    exchange();
    EXPECT_TRUE(cancelled);
    cancelled = false;
    test::run_coroutine(context_, stop(*calls_));
    EXPECT_TRUE(cancelled);
}

/// An agent that the test plays.
class SshForward : public CallsTest {
protected:
    SshForward() {
        offer({.ssh_agents = {{"default", folder_ / "agent.sock"}, {"away", folder_ / "none"}}});
    }

    std::int32_t forward(const std::string& id) {
        const std::int32_t stream = client_.open(forward_agent_call, {{"buildkit.ssh.id", id}});
        agents_.async_accept(agent_, [](const boost::system::error_code&) {});
        exchange();
        return stream;
    }

    std::string agent_got(std::size_t size) {
        std::string got(size, '\0');
        net::read(agent_, net::buffer(got));
        return got;
    }

    test::TempFolder folder_;
    Local::acceptor agents_{context_, Local::endpoint((folder_ / "agent.sock").string())};
    Local::socket agent_{context_};
};

TEST_F(SshForward, ChecksWhatIsOffered) {
    EXPECT_EQ(status(ask(check_agent, "")), "0");
    EXPECT_EQ(status(ask(check_agent, field(1, "default"))), "0");
    EXPECT_EQ(status(ask(check_agent, field(1, "other"))), "5");
}

TEST_F(SshForward, JoinsTheBuildWithTheAgent) {
    const std::int32_t id = forward("default");
    const std::string list = "\0\0\0\1\x0B"s;
    client_.send(id, field(1, list.substr(0, 3)));
    client_.send(id, field(1, list.substr(3)));
    exchange();
    EXPECT_EQ(agent_got(5), list);
    net::write(agent_, net::buffer("no keys"s));
    exchange();
    EXPECT_EQ(test::only_message(client_.answer(id)), field(1, "no keys"));
    client_.end(id);
    exchange();
    EXPECT_EQ(status(client_.answer(id)), "none");  // the agent may still answer
    agent_.close();
    exchange();
    EXPECT_EQ(status(client_.answer(id)), "0");
    EXPECT_TRUE(client_.answer(id).closed);
}

TEST_F(SshForward, NoIdIsTheDefault) {
    const std::int32_t id = forward("");
    agent_.close();
    exchange();
    EXPECT_EQ(status(client_.answer(id)), "0");
}

TEST_F(SshForward, TheAgentIsNotToBeChanged) {
    const std::int32_t id = forward("default");
    client_.send(id, field(1, "\0\0\0\1\x13"s));  // remove all keys
    exchange();
    EXPECT_EQ(agent_got(5), "\0\0\0\1\xFF"s);
}

TEST_F(SshForward, UnknownAndAbsentAgentsAreErrors) {
    EXPECT_EQ(status(client_.answer(forward("other"))), "5");
    const std::int32_t away = client_.open(forward_agent_call, {{"buildkit.ssh.id", "away"}});
    exchange();
    EXPECT_EQ(status(client_.answer(away)), "14");
}

TEST_F(SshForward, WhatIsNoRequestEndsTheCall) {
    for (const std::string& message : {"\x0A\xFF"s, field(1, "\xFF\xFF\xFF\xFF\x0B")}) {
        const std::int32_t id = forward("default");
        client_.send(id, message);
        exchange();
        EXPECT_NE(status(client_.answer(id)), "0");
        EXPECT_TRUE(client_.answer(id).closed);
        agent_.close();
    }
}

TEST_F(SshForward, ABuildThatGoesAwayClosesTheAgent) {
    const std::int32_t id = forward("default");
    client_.reset(id);
    exchange();
    char c = 0;
    boost::system::error_code error;
    agent_.read_some(net::buffer(&c, 1), error);
    EXPECT_EQ(error, net::error::eof);
}

TEST_F(SshForward, AnAgentThatDoesNotReadStopsTheBuild) {
    const std::int32_t id = forward("default");
    const std::string large = "\0\3\xFF\xFF\x0D"s + std::string(0x3FFFE, 'x');
    constexpr int requests = 20;  // more than sockets and windows hold
    for (int i = 0; i < requests; ++i) {
        for (std::size_t at = 0; at < large.size(); at += 30'000) {
            client_.send(id, field(1, large.substr(at, 30'000)));
        }
    }
    exchange();
    EXPECT_GT(client_.held_back(id), 3'000'000U);
    std::size_t got = 0;
    std::string piece(65'536, '\0');
    while (got < requests * large.size()) {
        got += agent_.read_some(net::buffer(piece));
        exchange();
    }
    EXPECT_EQ(client_.held_back(id), 0U);
}

TEST_F(SshForward, ABuildThatDoesNotReadStopsTheAgent) {
    const std::int32_t id = forward("default");
    agent_.non_blocking(true);
    const std::string piece(65'536, 'x');
    std::size_t sent = 0;
    boost::system::error_code error;
    while (!error && sent < 64UL * 1024 * 1024) {
        sent += agent_.write_some(net::buffer(piece), error);
        exchange();
    }
    EXPECT_EQ(error, net::error::would_block);
    EXPECT_LT(client_.answer(id).body.size(), 70'000U);
    EXPECT_LT(server_.unsent(id), 200'000U);
}

}  // namespace
}  // namespace slipway::engine::session
