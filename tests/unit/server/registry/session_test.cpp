#include "core/base/result.hpp"
#include "tests/unit/server/registry/client_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace slipway::registry {
namespace {

using SignIn = RegistryClientTest;
using Redirect = RegistryClientTest;

TEST_F(SignIn, SendsUserAndPasswordWhereBasicIsAsked) {
    server.on("HEAD ", {basic_challenge(), digest_answer()});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(authorizations(server), Lines({"(none)", someone_basic}));
}

TEST_F(SignIn, KeepsToItForTheRestOfTheCall) {
    server.on("HEAD ", {basic_challenge(), http_answer("200 OK", {})});
    server.on("GET ", {http_answer("200 OK", {}, manifest)});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(authorizations(server), Lines({"(none)", someone_basic, someone_basic}));
}

TEST_F(SignIn, IsDeniedOnceWhereThePasswordIsWrong) {
    server.on("HEAD ", {basic_challenge()});
    EXPECT_EQ(find_error(someone).code, ErrorCode::denied);
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(SignIn, IsDeniedWhereBasicIsAskedAndThereIsNoUser) {
    server.on("HEAD ", {basic_challenge()});
    EXPECT_EQ(find_error().code, ErrorCode::denied);
    EXPECT_EQ(find_error({.identity_token = "refresh-me"}).code, ErrorCode::denied);
    EXPECT_EQ(authorizations(server), Lines({"(none)", "(none)"}));
}

TEST_F(SignIn, IsDeniedWhereTheWayIsUnknown) {
    server.on("HEAD ", {http_answer("401 Unauthorized", {"WWW-Authenticate: Negotiate"})});
    EXPECT_EQ(find_error(someone).code, ErrorCode::denied);
    EXPECT_EQ(authorizations(server), Lines({"(none)"}));
}

TEST_F(SignIn, GetsATokenForTheUser) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth), digest_answer()});
    auth.on("GET /token", {token_answer("t0ken")});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(
        auth.asked(),
        Lines({"GET /token?service=the%20registry&scope=repository%3Ateam%2Fapp%3Apull"})
    );
    EXPECT_EQ(authorizations(auth), Lines({someone_basic}));
    EXPECT_EQ(authorizations(server), Lines({"(none)", "Bearer t0ken"}));
}

TEST_F(SignIn, ReadsAChallengeFromSeveralFields) {
    ScriptedRegistry auth;
    const std::string bearer =
        R"(WWW-Authenticate: Bearer realm="http://)" + auth.address() + R"(/token")";
    server.on(
        "HEAD ",
        {http_answer("401 Unauthorized", {"WWW-Authenticate: Basic realm=x", bearer}),
         digest_answer()}
    );
    auth.on("GET /token", {token_answer("t0ken")});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(auth.asked(), Lines({"GET /token?scope=repository%3Ateam%2Fapp%3Apull"}));
}

TEST_F(SignIn, GetsAnAnonymousTokenWithoutCredentials) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth), digest_answer()});
    auth.on("GET /token", {token_answer("t0ken")});
    EXPECT_EQ(find().value(), digest);
    EXPECT_EQ(authorizations(auth), Lines({"(none)"}));
}

TEST_F(SignIn, TradesAnIdentityTokenForAToken) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth), digest_answer()});
    auth.on("POST /token", {http_answer("200 OK", {}, R"({"access_token":"t0ken"})")});
    EXPECT_EQ(find({.username = "<token>", .identity_token = "refresh-me"}).value(), digest);
    ASSERT_EQ(auth.requests().size(), 1U);
    const RecordedRequest asked = auth.requests()[0];
    EXPECT_EQ(header(asked, "content-type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(header(asked, "authorization"), "(none)");
    EXPECT_EQ(
        asked.body,
        "service=the%20registry&scope=repository%3Ateam%2Fapp%3Apull&grant_type=refresh_token"
        "&client_id=slipway&refresh_token=refresh-me"
    );
    EXPECT_EQ(authorizations(server), Lines({"(none)", "Bearer t0ken"}));
}

TEST_F(SignIn, SendsARegistryTokenAsItIs) {
    const ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth), digest_answer()});
    EXPECT_EQ(find({.registry_token = "as-it-is"}).value(), digest);
    EXPECT_EQ(authorizations(server), Lines({"(none)", "Bearer as-it-is"}));
    EXPECT_EQ(auth.asked(), Lines());
}

TEST_F(SignIn, AsksForNoSecondTokenWhileTheFirstIsGood) {
    ScriptedRegistry auth;
    server.on(
        "HEAD ", {bearer_challenge(auth), digest_answer(), bearer_challenge(auth), digest_answer()}
    );
    auth.on("GET /token", {token_answer("t0ken-1"), token_answer("t0ken-2")});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(
        authorizations(server), Lines({"(none)", "Bearer t0ken-1", "(none)", "Bearer t0ken-1"})
    );
    EXPECT_EQ(auth.requests().size(), 1U);
}

TEST_F(SignIn, GivesOneUsersTokenToNobodyElse) {
    ScriptedRegistry auth;
    server.on(
        "HEAD ", {bearer_challenge(auth), digest_answer(), bearer_challenge(auth), digest_answer()}
    );
    auth.on("GET /token", {token_answer("t0ken-1"), token_answer("t0ken-2")});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(find().value(), digest);
    EXPECT_EQ(authorizations(server).back(), "Bearer t0ken-2");
}

TEST_F(SignIn, GetsANewTokenWhereTheOldOneIsOver) {
    ScriptedRegistry auth;
    server.on(
        "HEAD ", {bearer_challenge(auth), digest_answer(), bearer_challenge(auth), digest_answer()}
    );
    auth.on("GET /token", {token_answer("t0ken-1", 10), token_answer("t0ken-2", 10)});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(authorizations(server).back(), "Bearer t0ken-2");
}

TEST_F(SignIn, GetsANewTokenWhereAKeptOneIsRefused) {
    ScriptedRegistry auth;
    const std::string refused = bearer_challenge(auth);
    server.on(
        "HEAD ",
        {refused, digest_answer(), refused, refused, digest_answer(), refused, digest_answer()}
    );
    auth.on("GET /token", {token_answer("t0ken-1"), token_answer("t0ken-2")});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(find(someone).value(), digest);
    }
    EXPECT_EQ(
        authorizations(server),
        Lines(
            {"(none)",
             "Bearer t0ken-1",
             "(none)",
             "Bearer t0ken-1",
             "Bearer t0ken-2",
             "(none)",
             "Bearer t0ken-2"}
        )
    );
}

TEST_F(SignIn, IsDeniedWhereANewTokenIsRefusedToo) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth)});
    auth.on("GET /token", {token_answer("t0ken")});
    EXPECT_EQ(find_error(someone).code, ErrorCode::denied);
    EXPECT_EQ(server.requests().size(), 2U);
    EXPECT_EQ(auth.requests().size(), 1U);
    EXPECT_EQ(find_error(someone).code, ErrorCode::denied);
    EXPECT_EQ(auth.requests().size(), 2U);
}

TEST_F(SignIn, SaysWhatTheTokenServerSaid) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth)});
    const std::map<std::string, ErrorCode> answers{
        {"401 Unauthorized", ErrorCode::denied},
        {"403 Forbidden", ErrorCode::denied},
        {"404 Not Found", ErrorCode::failed},
        {"429 Too Many Requests", ErrorCode::unavailable},
        {"502 Bad Gateway", ErrorCode::unavailable},
    };
    for (const auto& [status, code] : answers) {
        auth.on("GET ", {http_answer(status, {"Retry-After: 9"}, R"({"details":"t0ken"})")});
        const Error error = find_error(someone);
        EXPECT_EQ(error.code, code) << error.message;
        EXPECT_TRUE(error.message.contains(
            "signing in at " + auth.address() + ": it answered " + status + " (Retry-After: 9)"
        )) << error.message;
    }
}

TEST_F(SignIn, FailsWhereThereIsNoTokenInTheAnswerOrOneThatNobodyCouldSend) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth)});
    auth.on(
        "GET ",
        {http_answer("200 OK", {}, R"({"tokens":"t0ken"})"),
         http_answer("200 OK", {}, R"({"token":"t0ken\r\nX: y"})")}
    );
    EXPECT_EQ(find_error(someone).code, ErrorCode::failed);
    EXPECT_EQ(find_error(someone).code, ErrorCode::failed);
}

TEST_F(SignIn, FailsWhereTheRealmIsNoAddress) {
    server.on(
        "HEAD ", {http_answer("401 Unauthorized", {R"(WWW-Authenticate: Bearer realm="/token")"})}
    );
    EXPECT_EQ(find_error(someone).code, ErrorCode::failed);
}

TEST_F(Redirect, IsFollowedOnTheSameHostWithCredentials) {
    server.on(
        "HEAD /v2/",
        {basic_challenge(), http_answer("307 Temporary Redirect", {"Location: /moved"})}
    );
    server.on("HEAD /moved", {digest_answer()});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(authorizations(server), Lines({"(none)", someone_basic, someone_basic}));
}

TEST_F(Redirect, IsFollowedElsewhereWithoutCredentials) {
    ScriptedRegistry other;
    for (const std::string status : {"301 Moved", "302 Found", "307 Temporary", "308 Permanent"}) {
        server.on(
            "HEAD ",
            {basic_challenge(),
             http_answer(status, {"Location: http://" + other.address() + "/there"})}
        );
        other.on("HEAD /there", {digest_answer()});
        EXPECT_EQ(find(someone).value(), digest) << status;
    }
    EXPECT_EQ(authorizations(other), Lines({"(none)", "(none)", "(none)", "(none)"}));
}

TEST_F(Redirect, GivesNoCredentialsToWhomItLeads) {
    ScriptedRegistry other;
    server.on(
        "HEAD ", {http_answer("307 Temporary", {"Location: http://" + other.address() + "/there"})}
    );
    other.on("HEAD /there", {basic_challenge()});
    EXPECT_EQ(find_error(someone).code, ErrorCode::denied);
    EXPECT_EQ(authorizations(other), Lines({"(none)"}));
}

TEST_F(Redirect, OfATokenRequestLosesCredentialsElsewhere) {
    ScriptedRegistry auth;
    ScriptedRegistry other;
    server.on("HEAD ", {bearer_challenge(auth), digest_answer()});
    auth.on("GET ", {http_answer("302 Found", {"Location: http://" + other.address() + "/"})});
    other.on("GET ", {token_answer("t0ken")});
    EXPECT_EQ(find(someone).value(), digest);
    EXPECT_EQ(authorizations(other), Lines({"(none)"}));
}

TEST_F(Redirect, IsFollowedFiveTimes) {
    const std::string on = http_answer("307 Temporary", {"Location: /again"});
    server.on("HEAD ", {on, on, on, on, on, digest_answer()});
    EXPECT_EQ(find().value(), digest);
    server.on("HEAD ", {on});
    EXPECT_EQ(find_error().code, ErrorCode::failed);
    EXPECT_EQ(server.requests().size(), 12U);
}

TEST_F(Redirect, FailsWithoutALocationOnTheWeb) {
    server.on("HEAD ", {http_answer("307 Temporary", {"Location: file:///etc/passwd"})});
    EXPECT_EQ(find_error().code, ErrorCode::failed);
}

}  // namespace
}  // namespace slipway::registry
