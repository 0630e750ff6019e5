#include "core/base/strong_id.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

class Deliveries : public ApiTest {
protected:
    /// One that made no build.
    store::Accepted ignore(const std::string& ref, char after, const std::string& reason) {
        store::NewDelivery delivery;
        delivery.repository = "images";
        delivery.event = "push";
        delivery.ref = ref;
        delivery.before = std::string(40, 'a');
        delivery.after = std::string(40, after);
        delivery.headers = "{}";
        delivery.reason = reason;
        return done(store_->accept(std::move(delivery)));
    }

    static std::vector<int> ids(const nlohmann::json& list) {
        std::vector<int> ids;
        for (const auto& delivery : list["deliveries"]) {
            ids.push_back(delivery["id"]);
        }
        return ids;
    }

    /// What a replay is refused with.
    std::string refusal(int id) {
        const http::Response response =
            post("/api/v1/deliveries/" + std::to_string(id) + "/replay", "", writer);
        EXPECT_EQ(response.status, 409U);
        return json(response)["detail"];
    }
};

TEST_F(Deliveries, ListGivesTheNewestFirstInPages) {
    push('a', 'b');
    push('b', 'c');
    ignore("refs/heads/x", 'd', "no branch rule matches refs/heads/x");
    const http::Response first = get("/api/v1/deliveries?limit=2&repository=images");
    EXPECT_EQ(ids(json(first)), (std::vector<int>{3, 2}));
    const std::string next = json(first)["next"];
    EXPECT_EQ(next, "/api/v1/deliveries?limit=2&cursor=2&repository=images");
    EXPECT_EQ(header(first, "Link"), "<" + next + ">; rel=\"next\"");
    EXPECT_EQ(ids(json(get(next))), std::vector<int>{1});
    EXPECT_TRUE(json(get(next))["next"].is_null());
    EXPECT_TRUE(ids(json(get("/api/v1/deliveries?repository=other"))).empty());
    EXPECT_EQ(get("/api/v1/deliveries?limit=0").status, 400U);
}

TEST_F(Deliveries, OneIsShownWithWhatBecameOfIt) {
    push('a', 'b');
    const nlohmann::json made = json(get("/api/v1/deliveries/1"));
    EXPECT_EQ(made["id"], 1);
    EXPECT_EQ(made["received"], "2026-11-22T18:06:00.000Z");
    EXPECT_EQ(made["repository"], "images");
    EXPECT_EQ(made["event"], "push");
    EXPECT_EQ(made["ref"], "refs/heads/main");
    EXPECT_EQ(made["before"], std::string(40, 'a'));
    EXPECT_EQ(made["after"], std::string(40, 'b'));
    EXPECT_EQ(made["headers"]["user-agent"], "GitLab/19.0");
    EXPECT_EQ(made["build"], 1);
    EXPECT_TRUE(made.at("reason").is_null());
    ignore("refs/heads/x", 'c', "no branch rule matches refs/heads/x");
    const nlohmann::json ignored = json(get("/api/v1/deliveries/2"));
    EXPECT_EQ(ignored["reason"], "no branch rule matches refs/heads/x");
    EXPECT_TRUE(ignored.at("build").is_null());
}

TEST_F(Deliveries, UnknownOneIs404) {
    for (const std::string id : {"7", "x", "-1", "99999999999999999999"}) {
        EXPECT_EQ(get("/api/v1/deliveries/" + id).status, 404U) << id;
        EXPECT_EQ(post("/api/v1/deliveries/" + id + "/replay", "", writer).status, 404U) << id;
    }
}

TEST_F(Deliveries, ReplayMakesThePushAgain) {
    push('a', 'b');
    const http::Response response = post("/api/v1/deliveries/1/replay", "", writer);
    EXPECT_EQ(response.status, 202U);
    EXPECT_EQ(header(response, "Location"), "/api/v1/builds/2");
    const nlohmann::json build = json(response);
    EXPECT_EQ(build["trigger"], "push");
    EXPECT_EQ(build["ref"], "refs/heads/main");
    EXPECT_EQ(build["before"], std::string(40, 'a'));
    EXPECT_EQ(build["after"], std::string(40, 'b'));
    EXPECT_EQ(woken_, 1);
}

TEST_F(Deliveries, ReplayWithTheSameKeyIsTheSameBuild) {
    push('a', 'b');
    const Headers headers = {{"authorization", "Bearer writer"}, {"idempotency-key", "k"}};
    EXPECT_EQ(json(post("/api/v1/deliveries/1/replay", "", headers))["id"], 2);
    EXPECT_EQ(json(post("/api/v1/deliveries/1/replay", "", headers))["id"], 2);
    EXPECT_EQ(json(post("/api/v1/deliveries/1/replay", "", writer))["id"], 3);
}

TEST_F(Deliveries, DryRunOfAReplayTellsTheRequest) {
    push('a', 'b');
    const http::Response response = post("/api/v1/deliveries/1/replay?dry_run=1", "", writer);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(json(response)["request"]["after"], std::string(40, 'b'));
    EXPECT_EQ(get("/api/v1/builds/2").status, 404U);
    EXPECT_EQ(woken_, 0);
}

TEST_F(Deliveries, ReplayOfWhatIsIgnoredStillIsRefusedWithTheReason) {
    ignore("refs/heads/main", '0', "refs/heads/main was deleted");
    ignore("refs/heads/x", 'b', "no branch rule matched refs/heads/x");
    EXPECT_EQ(refusal(1), "refs/heads/main was deleted");
    EXPECT_EQ(refusal(2), "no branch rule matched refs/heads/x") << "the stored words";
    EXPECT_EQ(woken_, 0);
}

TEST_F(Deliveries, ReplayOfWhatIsWantedNowMakesABuild) {
    ignore("refs/heads/x", 'b', "no branch rule matches refs/heads/x");
    config::Config config = config_.current();
    config.repositories[0].branches[0].match = "*";
    config_.replace(std::move(config));
    EXPECT_EQ(post("/api/v1/deliveries/1/replay", "", writer).status, 202U);
}

TEST_F(Deliveries, ReplayOfWhatIsNotWantedAnyMoreIsRefused) {
    push('a', 'b');
    config::Config config = config_.current();
    config.repositories[0].branches.clear();
    config_.replace(std::move(config));
    EXPECT_EQ(refusal(1), "no branch rule matches refs/heads/main");
    config = config_.current();
    config.repositories.erase(config.repositories.begin());
    config_.replace(std::move(config));
    EXPECT_EQ(refusal(1), "the delivery's repository is not configured any more");
}

}  // namespace
}  // namespace slipway::api
