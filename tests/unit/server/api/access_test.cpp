#include "server/api/access.hpp"

#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/timing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using config::Role;

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1795370760)};

config::ApiToken token(const std::string& text, Role role) {
    return {.name = text, .role = role, .token = config::Secret(text)};
}

config::Config with_tokens() {
    config::Config config;
    config.tokens = {token("reader", Role::read), token("writer", Role::write)};
    return config;
}

http::Request with(const std::string& authorization) {
    http::Request request;
    request.peer = "192.0.2.1:5000";
    request.headers["authorization"] = authorization;
    return request;
}

/// The status of the refusal; 0 where there is none.
unsigned status(const config::Config& config, const http::Request& request, Role role) {
    const auto refused = refuse(config, request, caller_of(config, request, now), role);
    return refused ? refused->status : 0;
}

TEST(Refuse, ReadTokenMayReadAndNotWrite) {
    EXPECT_EQ(status(with_tokens(), with("Bearer reader"), Role::read), 0U);
    EXPECT_EQ(status(with_tokens(), with("Bearer reader"), Role::write), 403U);
}

TEST(Refuse, WriteTokenMayBoth) {
    EXPECT_EQ(status(with_tokens(), with("Bearer writer"), Role::read), 0U);
    EXPECT_EQ(status(with_tokens(), with("Bearer writer"), Role::write), 0U);
}

TEST(Refuse, HigherRoleOfATokenThatIsThereTwiceCounts) {
    config::Config config;
    config.tokens = {token("both", Role::write), token("both", Role::read)};
    EXPECT_EQ(status(config, with("Bearer both"), Role::write), 0U);
}

TEST(Refuse, UnknownTokenIs401WithAChallenge) {
    const auto refused = refuse(with_tokens(), with("Bearer other"), {}, Role::read);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 401U);
    EXPECT_EQ(refused->content_type, "application/problem+json");
    const std::pair<std::string, std::string> challenge{
        "WWW-Authenticate", "Bearer realm=\"slipway\""
    };
    EXPECT_EQ(std::ranges::count(refused->headers, challenge), 1);
    EXPECT_FALSE(refused->body.contains("other"));
}

TEST(Refuse, SchemeIsCaseInsensitiveAndTheTokenIsNot) {
    EXPECT_EQ(status(with_tokens(), with("bEARER writer"), Role::write), 0U);
    EXPECT_EQ(status(with_tokens(), with("Bearer WRITER"), Role::write), 401U);
}

TEST(Refuse, WhatIsNoBearerTokenIs401) {
    for (const std::string text :
         {"", "Bearer", "Bearer ", "writer", "Basic writer", "Bearer  writer", "Bearer: writer"}) {
        EXPECT_EQ(status(with_tokens(), with(text), Role::read), 401U) << text;
    }
}

TEST(Refuse, EmptyConfiguredTokenLetsNobodyIn) {
    config::Config config;
    config.tokens = {token("", Role::write)};
    EXPECT_EQ(status(config, with("Bearer "), Role::read), 401U);
    EXPECT_EQ(status(config, with(""), Role::read), 401U);
}

TEST(Refuse, AnonymousReadOpensReadingOnly) {
    config::Config config = with_tokens();
    config.anonymous_read = true;
    EXPECT_EQ(status(config, with(""), Role::read), 0U);
    EXPECT_EQ(status(config, with(""), Role::write), 401U);
}

class RefuseOwnMachine : public testing::Test {
protected:
    RefuseOwnMachine() { config_.anonymous_read = true; }

    static http::Request from(const std::string& peer) {
        http::Request request;
        request.peer = peer;
        request.headers["content-type"] = "application/json";
        return request;
    }

    config::Config config_;
};

TEST_F(RefuseOwnMachine, MayWriteWhereNoTokenIsConfigured) {
    for (const std::string peer : {"127.0.0.1:5000", "127.8.8.8:1", "[::1]:5000", "::1"}) {
        EXPECT_EQ(status(config_, from(peer), Role::write), 0U) << peer;
    }
}

TEST_F(RefuseOwnMachine, OtherMachinesMayNot) {
    for (const std::string peer : {"192.0.2.1:5000", "[2001:db8::1]:5", "", "1127.0.0.1:1"}) {
        EXPECT_EQ(status(config_, from(peer), Role::write), 401U) << peer;
    }
}

TEST_F(RefuseOwnMachine, NeedsATokenWhereOneIsConfigured) {
    config_.tokens = {token("writer", Role::write)};
    EXPECT_EQ(status(config_, from("127.0.0.1:1"), Role::write), 401U);
}

TEST_F(RefuseOwnMachine, NeedsATokenWhereReadingIsClosed) {
    config_.anonymous_read = false;
    EXPECT_EQ(status(config_, from("127.0.0.1:1"), Role::write), 401U);
}

TEST_F(RefuseOwnMachine, OurOwnPageMay) {
    for (const std::string host : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080"}) {
        http::Request page = from("127.0.0.1:1");
        page.headers = {{"origin", "http://" + host}, {"host", host}};
        EXPECT_EQ(status(config_, page, Role::write), 0U) << host;
    }
}

TEST_F(RefuseOwnMachine, PageOfANameThatSomebodyMadeResolveHereMayNot) {
    http::Request page = from("127.0.0.1:1");
    page.headers = {
        {"origin", "http://evil.example.com:8080"},
        {"host", "evil.example.com:8080"},
        {"sec-fetch-site", "same-origin"}
    };
    EXPECT_EQ(status(config_, page, Role::write), 401U);
}

TEST_F(RefuseOwnMachine, WhoComesThroughAProxyMayNot) {
    http::Request request = from("127.0.0.1:1");
    request.headers["x-forwarded-for"] = "192.0.2.1";
    EXPECT_EQ(status(config_, request, Role::write), 401U);
}

TEST(FindToken, SaysNothingOfATokenByItsTime) {
    config::Config config;
    config.tokens = {token(long_secret, Role::write)};
    EXPECT_TRUE(takes_the_same_time_for_every_guess([&](const std::string& guess) {
        EXPECT_EQ(find_token(config, guess), nullptr);
    }));
}

TEST_F(RefuseOwnMachine, WebPageInABrowserMayNot) {
    http::Request request = from("127.0.0.1:1");
    request.headers["origin"] = "null";
    EXPECT_EQ(status(config_, request, Role::write), 401U);
    for (const std::string type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
        http::Request form = from("127.0.0.1:1");
        form.headers["content-type"] = type;
        EXPECT_EQ(status(config_, form, Role::write), 401U) << type;
    }
}

}  // namespace
}  // namespace slipway::api
