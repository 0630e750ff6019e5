#include "server/api/session_cookie.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

using config::Role;

const Headers same_origin = {
    {"origin", "http://slipway.example.com"}, {"host", "slipway.example.com"}
};

class Session : public ApiTest {
protected:
    Session() {
        config::Config closed = config_.current();
        closed.anonymous_read = false;
        config_.replace(std::move(closed));
    }

    /// Signed in, as a browser sends it.
    Headers cookie_of(const std::string& token, Headers headers = {}) {
        const http::Response response = post("/api/v1/session", R"({"token": ")" + token + R"("})");
        EXPECT_EQ(response.status, 204U);
        const std::string cookie = header(response, "Set-Cookie");
        headers["cookie"] = "theme=dark; " + cookie.substr(0, cookie.find(';'));
        return headers;
    }

    http::Response show(const Headers& headers) { return get("/api/v1/session", headers); }
};

TEST_F(Session, SignsABrowserIn) {
    const http::Response response = post("/api/v1/session", R"({"token": "reader"})");
    EXPECT_EQ(response.status, 204U);
    const std::string cookie = header(response, "Set-Cookie");
    EXPECT_TRUE(cookie.starts_with("slipway_session=r.1795")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200")) << cookie;
    EXPECT_FALSE(cookie.contains("reader"));
    EXPECT_EQ(json(show(cookie_of("reader"))), nlohmann::json({{"name", "r"}, {"role", "read"}}));
    EXPECT_EQ(get("/api/v1/status", cookie_of("reader")).status, 200U);
}

TEST_F(Session, IsSecureWhereTheClientCameByHttps) {
    const std::string body = R"({"token": "reader"})";
    EXPECT_TRUE(
        header(post("/api/v1/session", body, {{"x-forwarded-proto", "https"}}), "Set-Cookie")
            .ends_with("; Secure")
    );
    EXPECT_FALSE(
        header(post("/api/v1/session", body, {{"x-forwarded-proto", "http"}}), "Set-Cookie")
            .contains("Secure")
    );
    config::Config config = config_.current();
    config.public_url = "https://slipway.example.com";
    config_.replace(std::move(config));
    EXPECT_TRUE(header(post("/api/v1/session", body), "Set-Cookie").ends_with("; Secure"));
}

TEST_F(Session, OfNobodyIsOfNoRole) {
    EXPECT_EQ(json(show({})), nlohmann::json({{"name", nullptr}, {"role", "none"}}));
    config::Config open = config_.current();
    open.anonymous_read = true;
    config_.replace(std::move(open));
    EXPECT_EQ(json(show({})), nlohmann::json({{"name", nullptr}, {"role", "read"}}));
    EXPECT_EQ(json(show(writer)), nlohmann::json({{"name", "w"}, {"role", "write"}}));
}

TEST_F(Session, IsNotHadWithoutAToken) {
    EXPECT_EQ(post("/api/v1/session", R"({"token": "other"})").status, 401U);
    for (const std::string body :
         {"", "{}", "[]", R"({"token": 1})", R"({"token": "reader", "more": 1})", R"("reader")"}) {
        EXPECT_EQ(post("/api/v1/session", body).status, 400U) << body;
    }
    EXPECT_EQ(
        post("/api/v1/session", R"({"token": ")" + std::string(5000, 'x') + "\"}").status, 400U
    );
}

TEST_F(Session, MayNotBeMadeByAnotherSitesPage) {
    const std::string body = R"({"token": "reader"})";
    EXPECT_EQ(post("/api/v1/session", body, {{"sec-fetch-site", "cross-site"}}).status, 403U);
    EXPECT_EQ(post("/api/v1/session", body, {{"origin", "https://evil.example.com"}}).status, 403U);
    EXPECT_EQ(post("/api/v1/session", body, same_origin).status, 204U);
}

TEST_F(Session, EndsAfterTwelveHours) {
    const Headers cookie = cookie_of("reader");
    clock_.advance(session_time - std::chrono::seconds(1));
    EXPECT_EQ(get("/api/v1/builds", cookie).status, 200U);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(get("/api/v1/builds", cookie).status, 401U);
}

TEST_F(Session, EndsWithItsToken) {
    const Headers cookie = cookie_of("reader");
    config::Config config = config_.current();
    config.tokens[1].token = config::Secret("rotated");
    config_.replace(std::move(config));
    EXPECT_EQ(get("/api/v1/builds", cookie).status, 401U);
}

TEST_F(Session, CanNotBeMadeUp) {
    const std::string value =
        cookie_of("reader")["cookie"].substr(std::string("theme=dark; ").size());
    std::string longer = value;
    longer.replace(longer.find(".1795"), 5, ".1995");
    std::string promoted = value;
    promoted.replace(promoted.find("=r."), 3, "=w.");
    for (const std::string& made :
         {longer,
          promoted,
          value.substr(0, value.size() - 2),
          std::string("slipway_session=r.1995000000."),
          std::string("slipway_session=..")}) {
        EXPECT_EQ(get("/api/v1/builds", {{"cookie", made}}).status, 401U) << made;
    }
    EXPECT_EQ(get("/api/v1/builds", {{"cookie", value}}).status, 200U);
}

TEST_F(Session, WritesOnlyFromOurOwnPage) {
    const std::string body = R"({"repository": "images", "ref": "main"})";
    EXPECT_EQ(post("/api/v1/builds", body, cookie_of("writer")).status, 403U);
    EXPECT_EQ(
        post(
            "/api/v1/builds",
            body,
            cookie_of(
                "writer", {{"origin", "https://evil.example.com"}, {"host", "slipway.example.com"}}
            )
        )
            .status,
        403U
    );
    EXPECT_EQ(
        post("/api/v1/builds", body, cookie_of("writer", {{"sec-fetch-site", "same-site"}})).status,
        403U
    );
    EXPECT_EQ(post("/api/v1/builds", body, cookie_of("writer", same_origin)).status, 202U);
    EXPECT_EQ(
        post("/api/v1/builds", body, cookie_of("writer", {{"sec-fetch-site", "same-origin"}}))
            .status,
        202U
    );
    EXPECT_EQ(post("/api/v1/builds", body, cookie_of("reader", same_origin)).status, 403U);
    EXPECT_EQ(post("/api/v1/builds", body, writer).status, 202U) << "a bearer token is no cookie";
}

TEST_F(Session, KnowsOurOwnPageByThePublicAddress) {
    config::Config config = config_.current();
    config.public_url = "https://slipway.example.com/under";
    config_.replace(std::move(config));
    const Headers headers =
        cookie_of("writer", {{"origin", "https://slipway.example.com"}, {"host", "10.0.0.7:8080"}});
    EXPECT_EQ(
        post("/api/v1/builds", R"({"repository": "images", "ref": "main"})", headers).status, 202U
    );
}

TEST_F(Session, SignsABrowserOut) {
    http::Request request;
    request.method = "DELETE";
    const http::Response response = send(std::move(request), "/api/v1/session");
    EXPECT_EQ(response.status, 204U);
    EXPECT_EQ(
        header(response, "Set-Cookie"),
        "slipway_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
    );
}

TEST(SessionCookie, TakesAnyNameOfAToken) {
    config::Config config;
    config.tokens = {
        {.name = "a.b; c=\xc3\xa9", .role = Role::read, .token = config::Secret("one")},
        {.name = "other", .role = Role::write, .token = config::Secret("two")}
    };
    const std::chrono::sys_seconds now{std::chrono::seconds(1795370760)};
    const std::string cookie = session_cookie(config.tokens[0], now, false);
    EXPECT_EQ(cookie.find("; Path"), cookie.find(';')) << cookie;
    EXPECT_EQ(session_token(config, cookie.substr(0, cookie.find(';')), now), &config.tokens[0]);
}

}  // namespace
}  // namespace slipway::api
