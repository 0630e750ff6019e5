#include "server/registry/token.hpp"

#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/client/http_exchange.hpp"
#include "server/registry/address.hpp"
#include "server/registry/challenge.hpp"

#include <boost/beast/http/verb.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::registry {
namespace {

using namespace std::chrono_literals;

const TokenCache::Time start{};
const TokenKey key{.realm = "https://a/", .service = "s", .scope = "x:pull", .account = ""};

Token token_for(std::chrono::seconds lifetime) {
    return {.value = "t", .lifetime = lifetime};
}

Challenge challenge_with(const std::string& scope) {
    return {.scheme = "bearer", .parameters = {{"realm", "https://a/"}, {"scope", scope}}};
}

std::string scope_for(const std::string& named, const std::string& wanted) {
    return make_token_key(challenge_with(named), wanted, {}).scope;
}

Credentials user(const std::string& name, const std::string& password) {
    return {.username = name, .password = password};
}

TEST(MakeTokenKey, AsksForTheScopeThatIsNamedOrElseForOurs) {
    EXPECT_EQ(
        scope_for("repository:local/app:pull", "repository:app:pull"), "repository:local/app:pull"
    );
    EXPECT_EQ(scope_for("", "repository:app:pull"), "repository:app:pull");
}

TEST(MakeTokenKey, WidensANamedPullWhereWePush) {
    const std::string wanted = "repository:app:pull,push";
    EXPECT_EQ(scope_for("repository:local/app:pull", wanted), "repository:local/app:pull,push");
    EXPECT_EQ(scope_for("repository:app:pull,push", wanted), "repository:app:pull,push");
}

TEST(MakeTokenKey, TellsUsersApartButNotWhoTheyAre) {
    const auto account = [](const Credentials& credentials) {
        return make_token_key(challenge_with("x"), "x", credentials).account;
    };
    EXPECT_EQ(account({}), "");
    EXPECT_EQ(account(user("a", "b")), account(user("a", "b")));
    EXPECT_NE(account(user("a", "b")), account(user("a", "c")));
    EXPECT_NE(account({.identity_token = "a"}), account({.identity_token = "b"}));
    EXPECT_FALSE(account(user("nobody", "secret")).contains("secret"));
    EXPECT_FALSE(account(user("nobody", "secret")).contains("nobody"));
}

TEST(TokenCache, KeepsATokenUntilTenSecondsBeforeItsEnd) {
    TokenCache cache;
    cache.keep(key, token_for(60s), start);
    EXPECT_EQ(cache.find(key, start + 49s), "t");
    EXPECT_EQ(cache.find(key, start + 50s), std::nullopt);
}

TEST(TokenCache, KeepsNoTokenThatIsOverAtOnce) {
    TokenCache cache;
    cache.keep(key, token_for(10s), start);
    EXPECT_EQ(cache.find(key, start), std::nullopt);
}

TEST(TokenCache, GivesATokenForNothingElse) {
    TokenCache cache;
    cache.keep(key, token_for(60s), start);
    TokenKey other = key;
    other.scope = "y:pull";
    EXPECT_EQ(cache.find(other, start), std::nullopt);
    other = key;
    other.account = "somebody";
    EXPECT_EQ(cache.find(other, start), std::nullopt);
}

TEST(TokenCache, ForgetsAndReplaces) {
    TokenCache cache;
    cache.keep(key, token_for(60s), start);
    cache.keep(key, {.value = "new", .lifetime = 60s}, start);
    EXPECT_EQ(cache.find(key, start), "new");
    cache.forget(key);
    EXPECT_EQ(cache.find(key, start), std::nullopt);
}

TEST(TokenCache, HoldsAThousandAtMost) {
    TokenCache cache;
    TokenKey other = key;
    for (int i = 0; i < 1000; ++i) {
        other.scope = std::to_string(i);
        cache.keep(other, token_for(60s), start);
    }
    EXPECT_EQ(cache.find(other, start), "t");
    cache.keep(key, token_for(60s), start);
    EXPECT_EQ(cache.find(key, start), "t");
    EXPECT_EQ(cache.find(other, start), std::nullopt);
}

TEST(MakeTokenRequest, KeepsTheRealmsOwnQuery) {
    const HttpRequest request =
        make_token_request(parse_web_url("https://a/token?x=1").value(), key, {});
    EXPECT_EQ(request.method, http::verb::get);
    EXPECT_EQ(request.url.buffer(), "https://a/token?x=1&service=s&scope=x%3Apull");
    EXPECT_EQ(request.authorization, "");
}

TEST(MakeTokenRequest, LeavesOutAServiceThatIsNotNamed) {
    TokenKey bare = key;
    bare.service = "";
    const HttpRequest request =
        make_token_request(parse_web_url("https://a/token").value(), bare, user("u", "p:w"));
    EXPECT_EQ(request.url.buffer(), "https://a/token?scope=x%3Apull");
    EXPECT_EQ(request.authorization, "Basic dTpwOnc=");
}

TEST(ParseToken, TakesTokenBeforeAccessToken) {
    EXPECT_EQ(parse_token(R"({"token":"a","access_token":"b"})")->value, "a");
    EXPECT_EQ(parse_token(R"({"access_token":"b"})")->value, "b");
    EXPECT_EQ(parse_token(R"({"token":"","access_token":"b"})")->value, "b");
}

TEST(ParseToken, LivesForAMinuteWhereNothingIsSaidAndForADayAtMost) {
    const auto lifetime = [](std::string_view field) {
        return parse_token(R"({"token":"a")" + std::string(field) + "}")->lifetime;
    };
    EXPECT_EQ(lifetime(""), 60s);
    EXPECT_EQ(lifetime(R"(,"expires_in":300)"), 300s);
    EXPECT_EQ(lifetime(R"(,"expires_in":-1)"), 0s);
    EXPECT_EQ(lifetime(R"(,"expires_in":9223372036854775807)"), 24h);
    EXPECT_EQ(lifetime(R"(,"expires_in":"soon")"), 60s);
}

TEST(ParseToken, RefusesAnAnswerWithoutOneAndQuotesNothing) {
    for (const std::string_view body :
         {"", "secret", "[\"secret\"]", R"({"token":["secret"]})", R"({"tokens":"secret"})"}) {
        const auto token = parse_token(body);
        ASSERT_FALSE(token) << body;
        EXPECT_EQ(token.error().code, ErrorCode::failed);
        EXPECT_FALSE(token.error().message.contains("secret")) << token.error().message;
    }
}

TEST(BearerAuthorization, RefusesWhatWouldEndTheField) {
    EXPECT_EQ(bearer_authorization("a.b-c~=").value(), "Bearer a.b-c~=");
    EXPECT_EQ(bearer_authorization("a\r\nX: y").error().code, ErrorCode::failed);
    EXPECT_EQ(bearer_authorization("a b").error().code, ErrorCode::failed);
    EXPECT_EQ(bearer_authorization("ü").error().code, ErrorCode::failed);
}

}  // namespace
}  // namespace slipway::registry
