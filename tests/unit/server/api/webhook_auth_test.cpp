#include "server/api/webhook_auth.hpp"

#include "core/wire/signature.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/timing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using Names = std::set<std::string>;

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'795'370'760)};
const std::string key_a = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh";
const std::string key_b = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJi";

config::WebhookSecret token(const std::string& text) {
    return {.signing_key = {}, .token = config::Secret(text)};
}

config::WebhookSecret signing(const std::string& text) {
    return {.signing_key = config::Secret(text), .token = {}};
}

config::Repository repository(const std::string& name, std::vector<config::WebhookSecret> secrets) {
    config::Repository repository;
    repository.name = name;
    repository.webhook = std::move(secrets);
    return repository;
}

config::Config configured(std::vector<config::Repository> repositories) {
    config::Config config;
    config.repositories = std::move(repositories);
    return config;
}

http::Request with_token(const std::string& text) {
    http::Request request;
    request.body = "{}";
    request.headers["x-gitlab-token"] = text;
    return request;
}

http::Request signed_with(
    const std::string& key, std::chrono::sys_seconds time = now, const std::string& body = "{}"
) {
    const std::string stamp = std::to_string(time.time_since_epoch().count());
    http::Request request;
    request.body = body;
    request.headers["webhook-id"] = "msg_1";
    request.headers["webhook-timestamp"] = stamp;
    request.headers["webhook-signature"] =
        wire::sign(wire::signing_key(key).value(), "msg_1", stamp, body);
    return request;
}

TEST(Authenticate, TokenMakesItAuthenticForItsRepositoriesOnly) {
    const auto config = configured({
        repository("a", {token("one")}),
        repository("b", {token("two")}),
        repository("c", {token("one")}),
    });
    const Authentication found = authenticate(config, with_token("one"), now);
    EXPECT_EQ(found.verdict, Authenticity::authentic);
    EXPECT_EQ(found.repositories, (Names{"a", "c"}));
}

TEST(Authenticate, OtherTokenOrNoneIsUnknown) {
    const auto config = configured({repository("a", {token("one")}), repository("open", {})});
    for (const std::string text : {"two", "on", "one ", ""}) {
        const Authentication found = authenticate(config, with_token(text), now);
        EXPECT_EQ(found.verdict, Authenticity::unknown) << text;
        EXPECT_TRUE(found.repositories.empty()) << text;
    }
    EXPECT_EQ(authenticate(config, {}, now).verdict, Authenticity::unknown);
    EXPECT_EQ(authenticate(configured({}), with_token("one"), now).verdict, Authenticity::unknown);
}

TEST(Authenticate, EmptySecretFitsNothing) {
    const auto config = configured({repository("a", {token(""), signing("")})});
    EXPECT_EQ(authenticate(config, with_token(""), now).verdict, Authenticity::unknown);
    EXPECT_EQ(authenticate(config, {}, now).verdict, Authenticity::unknown);
}

TEST(Authenticate, AnyOfSeveralSecretsFitsSoThatTheyCanBeRotated) {
    const auto config =
        configured({repository("a", {signing(key_a), signing(key_b), token("old"), token("new")})});
    for (const auto& request :
         {signed_with(key_a), signed_with(key_b), with_token("old"), with_token("new")}) {
        EXPECT_EQ(authenticate(config, request, now).repositories, Names{"a"});
    }
}

TEST(Authenticate, SignatureMakesItAuthentic) {
    const auto config = configured({
        repository("a", {signing(key_a)}),
        repository("b", {signing(key_b)}),
        repository("c", {signing(key_a)}),
    });
    const Authentication found = authenticate(config, signed_with(key_a), now);
    EXPECT_EQ(found.verdict, Authenticity::authentic);
    EXPECT_EQ(found.repositories, (Names{"a", "c"}));
}

TEST(Authenticate, ChangedBodyIsUnknown) {
    const auto config = configured({repository("a", {signing(key_a)})});
    http::Request request = signed_with(key_a);
    request.body = "{ }";
    EXPECT_EQ(authenticate(config, request, now).verdict, Authenticity::unknown);
}

TEST(Authenticate, OldSignatureIsStale) {
    const auto config = configured({repository("a", {signing(key_a)})});
    using std::chrono::seconds;
    for (const seconds away : {seconds(301), seconds(-301)}) {
        const auto found = authenticate(config, signed_with(key_a, now + away), now);
        EXPECT_EQ(found.verdict, Authenticity::stale);
        EXPECT_TRUE(found.repositories.empty());
    }
    EXPECT_EQ(
        authenticate(config, signed_with(key_a, now - seconds(300)), now).verdict,
        Authenticity::authentic
    );
}

TEST(Authenticate, OldSignatureOfOneKeyIsStaleWhateverTheOtherKeysAre) {
    const auto old = signed_with(key_a, now - std::chrono::hours(1));
    const auto last =
        configured({repository("b", {signing(key_b)}), repository("a", {signing(key_a)})});
    const auto first =
        configured({repository("a", {signing(key_a)}), repository("b", {signing(key_b)})});
    EXPECT_EQ(authenticate(last, old, now).verdict, Authenticity::stale);
    EXPECT_EQ(authenticate(first, old, now).verdict, Authenticity::stale);
}

TEST(Authenticate, SigningKeyAloneAcceptsNothingUnsigned) {
    const auto config =
        configured({repository("a", {signing(key_a)}), repository("b", {token("one")})});
    EXPECT_EQ(authenticate(config, with_token("one"), now).repositories, Names{"b"});
    EXPECT_EQ(authenticate(config, with_token(key_a), now).verdict, Authenticity::unknown);
}

TEST(Authenticate, WrongSignatureIsNotSavedByARightToken) {
    const auto config = configured({repository("a", {signing(key_a), token("one")})});
    http::Request request = signed_with(key_b);
    request.headers["x-gitlab-token"] = "one";
    EXPECT_EQ(authenticate(config, request, now).verdict, Authenticity::unknown);
}

TEST(Authenticate, SaysNothingOfATokenByItsTime) {
    const auto config = configured({repository("a", {token(long_secret)})});
    http::Request request = with_token("");
    EXPECT_TRUE(takes_the_same_time_for_every_guess([&](const std::string& guess) {
        request.headers["x-gitlab-token"] = guess;
        EXPECT_EQ(authenticate(config, request, now).verdict, Authenticity::unknown);
    }));
}

TEST(Authenticate, BrokenSignatureHeadersAreUnknown) {
    const auto config = configured({repository("a", {signing(key_a), signing("whsec_")})});
    http::Request no_time = signed_with(key_a);
    no_time.headers.erase("webhook-timestamp");
    EXPECT_EQ(authenticate(config, no_time, now).verdict, Authenticity::unknown);
    http::Request no_id = signed_with(key_a);
    no_id.headers.erase("webhook-id");
    EXPECT_EQ(authenticate(config, no_id, now).verdict, Authenticity::unknown);
}

}  // namespace
}  // namespace slipway::api
