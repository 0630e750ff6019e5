#include "server/api/page.hpp"

#include "server/config/config.hpp"
#include "server/dashboard/assets.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

const Headers browser = {{"accept-encoding", "gzip, deflate, br"}};

std::string field(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) {
            return value;
        }
    }
    return "";
}

class ServedPage : public ApiTest {
protected:
    void SetUp() override {
        if (dashboard::assets().empty()) {
            GTEST_SKIP() << "built with SLIPWAY_DASHBOARD=OFF";
        }
    }
};

TEST_F(ServedPage, IsAtEveryViewWithoutAToken) {
    config::Config closed = config_.current();
    closed.anonymous_read = false;
    config_.replace(std::move(closed));
    for (const std::string path :
         {"/",
          "/builds",
          "/builds/7",
          "/builds/7/steps/0",
          "/images",
          "/images/images/a%2Fb/c",
          "/deliveries",
          "/engines",
          "/explain?folder=python&ref=main"}) {
        const http::Response page = get(path, browser);
        EXPECT_EQ(page.status, 200U) << path;
        EXPECT_EQ(page.content_type, "text/html; charset=utf-8") << path;
        EXPECT_EQ(field(page, "Content-Encoding"), "gzip") << path;
        EXPECT_EQ(field(page, "Cache-Control"), "no-cache") << path;
    }
    EXPECT_EQ(get("/nothing", browser).status, 404U);
}

TEST_F(ServedPage, LetsNothingInFromOutside) {
    for (const dashboard::Asset& asset : dashboard::assets()) {
        const http::Response answer = get(asset.path, browser);
        const std::string policy = field(answer, "Content-Security-Policy");
        EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        EXPECT_TRUE(policy.contains("frame-ancestors 'none'; base-uri 'none'"));
        EXPECT_FALSE(policy.contains("unsafe"));
        EXPECT_EQ(field(answer, "X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(field(answer, "Referrer-Policy"), "no-referrer");
    }
}

TEST_F(ServedPage, IsNotSentAgainWhileItIsTheSame) {
    const std::string etag = field(get("/", browser), "ETag");
    ASSERT_FALSE(etag.empty());
    Headers again = browser;
    again["if-none-match"] = etag;
    const http::Response same = get("/builds/7", again);
    EXPECT_EQ(same.status, 304U);
    EXPECT_TRUE(same.body.empty());
    EXPECT_EQ(field(same, "Content-Encoding"), "");
}

TEST_F(ServedPage, FilesAreKeptForAYear) {
    for (const dashboard::Asset& asset : dashboard::assets().subspan(1)) {
        const http::Response file = get(asset.path, browser);
        EXPECT_EQ(file.status, 200U) << asset.path;
        EXPECT_EQ(file.body, asset.bytes);
        EXPECT_EQ(field(file, "Cache-Control"), "public, max-age=31536000, immutable");
        EXPECT_EQ(field(file, "Vary"), "Accept-Encoding");
    }
    EXPECT_EQ(get("/assets/main-0000000000000000.js", browser).status, 404U);
}

TEST_F(ServedPage, IsOnlyHadCompressed) {
    for (const std::string accepted : {"gzip", "br;q=1, gzip;q=0.5", "*", "deflate,gzip"}) {
        EXPECT_EQ(get("/", {{"accept-encoding", accepted}}).status, 200U) << accepted;
    }
    for (const std::string accepted : {"", "br", "gzip;q=0", "gzip; q=0.0, br", "xgzip"}) {
        EXPECT_EQ(get("/", {{"accept-encoding", accepted}}).status, 406U) << accepted;
    }
}

}  // namespace
}  // namespace slipway::api
