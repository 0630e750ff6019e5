#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace slipway::api {
namespace {

class Origins : public ApiTest {
protected:
    Origins() {
        config::Config config = config_.current();
        config.cors_origins = {"https://wall.example.com"};
        config_.replace(std::move(config));
    }

    http::Response ask(const std::string& origin, const std::string& path = "/api/v1/builds") {
        http::Request request;
        request.method = "OPTIONS";
        request.headers = {{"origin", origin}, {"access-control-request-method", "POST"}};
        return send(std::move(request), path);
    }
};

TEST_F(Origins, PageOfAConfiguredOneMayReadTheAnswer) {
    const http::Response response = get("/api/v1/builds", {{"origin", "https://wall.example.com"}});
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "https://wall.example.com");
    EXPECT_TRUE(header(response, "Access-Control-Expose-Headers").contains("ETag"));
    EXPECT_EQ(header(response, "Access-Control-Allow-Credentials"), "");
    EXPECT_EQ(header(response, "Vary"), "Origin");
}

TEST_F(Origins, PageOfAnotherMayNot) {
    for (const std::string origin :
         {"https://evil.example.com", "null", "https://wall.example.com.evil.example.com", ""}) {
        const http::Response response = get("/api/v1/builds", {{"origin", origin}});
        EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "") << origin;
        EXPECT_EQ(header(response, "Vary"), "Origin")
            << "an answer in between must not be kept for all";
        EXPECT_EQ(header(ask(origin), "Access-Control-Allow-Methods"), "") << origin;
    }
}

TEST_F(Origins, MayReadRefusalsToo) {
    const http::Response refused =
        post("/api/v1/builds", "{}", {{"origin", "https://wall.example.com"}});
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(header(refused, "Access-Control-Allow-Origin"), "https://wall.example.com");
}

TEST_F(Origins, AreToldWhatTheyMaySend) {
    const http::Response response = ask("https://wall.example.com");
    EXPECT_EQ(response.status, 204U);
    EXPECT_EQ(header(response, "Access-Control-Allow-Methods"), "GET, HEAD, POST, OPTIONS");
    EXPECT_TRUE(header(response, "Access-Control-Allow-Headers").contains("Authorization"));
    EXPECT_EQ(header(ask("", "/api/v1/owed"), "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(Origins, AreNotSpokenOfWhereNoneIsConfigured) {
    config_.replace(config());
    const http::Response response = get("/api/v1/builds", {{"origin", "https://wall.example.com"}});
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "");
    EXPECT_EQ(header(response, "Vary"), "");
}

}  // namespace
}  // namespace slipway::api
