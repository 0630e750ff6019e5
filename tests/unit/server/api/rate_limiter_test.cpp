#include "server/api/rate_limiter.hpp"

#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

using std::chrono::milliseconds;

class Limiter : public testing::Test {
protected:
    bool take(const std::string& client, int per_second = 1) {
        return limiter_.take(client, per_second, now_).allowed;
    }

    RateLimiter limiter_{3};
    RateLimiter::Time now_{std::chrono::hours(1)};
};

TEST_F(Limiter, AllowsTenSecondsWorthAtOnceAndThenTheRate) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(take("a")) << i;
    }
    EXPECT_FALSE(take("a"));
    now_ += milliseconds(999);
    EXPECT_FALSE(take("a"));
    now_ += milliseconds(1);
    EXPECT_TRUE(take("a"));
    EXPECT_FALSE(take("a"));
    now_ += std::chrono::hours(1);
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(take("a")) << i;
    }
    EXPECT_FALSE(take("a"));
}

TEST_F(Limiter, CountsEachClientForItself) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(take("a"));
    }
    EXPECT_FALSE(take("a"));
    EXPECT_TRUE(take("b"));
}

TEST_F(Limiter, TellsWhatIsLeftAndWhen) {
    const auto first = limiter_.take("a", 2, now_);
    EXPECT_EQ(first.most, 20);
    EXPECT_EQ(first.left, 19);
    EXPECT_EQ(first.full_in.count(), 1);
    for (int i = 1; i < 20; ++i) {
        EXPECT_TRUE(take("a", 2));
    }
    const auto refused = limiter_.take("a", 2, now_);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.left, 0);
    EXPECT_EQ(refused.full_in.count(), 1);
}

TEST_F(Limiter, AllowsAllWhereThereIsNone) {
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(take("a", 0));
    }
    EXPECT_EQ(limiter_.take("a", 0, now_).most, 0);
}

TEST_F(Limiter, HasOneBucketForThoseBeyondItsMost) {
    for (const char* const client : {"a", "b", "c"}) {
        EXPECT_TRUE(take(client));
    }
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(take("stranger " + std::to_string(i)));
    }
    EXPECT_FALSE(take("another stranger"));
    EXPECT_TRUE(take("a")) << "who was there first keeps its own";
    now_ += std::chrono::hours(1);
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(take("late"));
    }
    EXPECT_FALSE(take("late"));
    EXPECT_TRUE(take("later")) << "those who were long gone are forgotten";
}

class Limits : public ApiTest {
protected:
    void limit(int requests, int webhooks) {
        config::Config config = config_.current();
        config.limits.requests_per_second = requests;
        config.limits.webhooks_per_second = webhooks;
        config_.replace(std::move(config));
    }
};

TEST_F(Limits, AreToldWithEveryAnswer) {
    const http::Response response = get("/api/v1/builds");
    EXPECT_EQ(header(response, "RateLimit-Policy"), "\"client\";q=2000;w=10");
    EXPECT_EQ(header(response, "RateLimit"), "\"client\";r=1999;t=1");
}

TEST_F(Limits, Refuse429WithATimeToComeAgain) {
    limit(1, 0);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(get("/api/v1/builds").status, 200U) << i;
    }
    const http::Response refused = get("/api/v1/builds");
    EXPECT_EQ(refused.status, 429U);
    EXPECT_EQ(header(refused, "Retry-After"), "1");
    EXPECT_EQ(json(refused)["type"], "urn:slipway:problem:too-many-requests");
    EXPECT_EQ(get("/api/v1/builds", writer).status, 200U) << "a token is another client";
    EXPECT_EQ(get("/healthz").status, 200U);
}

TEST_F(Limits, OfWebhooksAreTheirOwn) {
    limit(0, 1);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(post("/webhooks/gitlab", "{}").status, 401U);
    }
    EXPECT_EQ(post("/webhooks/gitlab", "{}").status, 429U);
    EXPECT_EQ(get("/api/v1/builds").status, 200U);
}

}  // namespace
}  // namespace slipway::api
