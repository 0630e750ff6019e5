#include "server/api/badge.hpp"

#include "core/model/build_state.hpp"
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

using model::StepState;

store::LedgerEntry pushed(const std::string& image) {
    store::LedgerEntry entry;
    entry.image = image;
    entry.pushed = store::Time{};
    return entry;
}

store::LedgerEntry owed(const std::string& why) {
    store::LedgerEntry entry = pushed("r/x:1");
    entry.owed = store::Owed{.why = why, .commit = {}, .tree = {}, .build = {}};
    return entry;
}

std::string message(const store::LedgerEntry& entry) {
    return badge_of_image("x", &entry).message;
}

TEST(Badge, OfAnImageIsItsVersionOrWhatIsWrong) {
    EXPECT_EQ(message(pushed("registry.example.com:5000/team/python:3.10")), "3.10");
    EXPECT_EQ(message(pushed("registry.example.com:5000/team/python")), "pushed");
    EXPECT_EQ(message(owed("failed in build 7: exit code 2")), "failing");
    EXPECT_EQ(message(owed("changed since")), "owed");
    EXPECT_EQ(message({}), "unknown");
    EXPECT_EQ(badge_of_image("x", nullptr).message, "unknown");
    store::LedgerEntry gone = pushed("r/x:1");
    gone.removed = store::Time{};
    EXPECT_EQ(message(gone), "removed");
}

TEST(Badge, OfABranchCountsWhatIsOwed) {
    EXPECT_EQ(badge_of_branch("x", {}, 10, false).message, "unknown");
    EXPECT_EQ(badge_of_branch("x", {}, 10, true).message, "all pushed");
    EXPECT_EQ(badge_of_branch("x", {owed("a"), owed("b")}, 10, true).message, "2 owed");
    EXPECT_EQ(
        badge_of_branch("x", {owed("a"), owed("failed in b")}, 10, true).message, "1 failing"
    );
    EXPECT_EQ(badge_of_branch("x", {owed("a"), owed("b")}, 2, true).message, "2+ owed");
}

TEST(Badge, EscapesWhatComesFromOutside) {
    const std::string svg =
        to_svg({.label = "<script>\"&'\n\x01", .message = "caf\xe9", .mood = Mood::good});
    EXPECT_FALSE(svg.contains("<script>"));
    EXPECT_TRUE(svg.contains("&lt;script&gt;&quot;&amp;'  ")) << svg;
    EXPECT_TRUE(svg.contains("caf\xef\xbf\xbd"));
    EXPECT_TRUE(svg.contains("role=\"img\""));
}

TEST(Badge, IsNotWiderThanAPage) {
    const std::string svg =
        to_svg({.label = std::string(10000, 'x'), .message = "1", .mood = Mood::good});
    EXPECT_LT(svg.size(), 2000U);
    EXPECT_TRUE(svg.contains("x…"));
}

TEST(Badge, IsWhatShieldsTakes) {
    const nlohmann::json json = to_json({.label = "python", .message = "3.10", .mood = Mood::good});
    const nlohmann::json expected = {
        {"schemaVersion", 1},
        {"label", "python"},
        {"message", "3.10"},
        {"color", "success"},
        {"isError", false},
        {"cacheSeconds", 60}
    };
    EXPECT_EQ(json, expected);
}

class Badges : public ApiTest {
protected:
    /// python is pushed, web failed.
    void build() {
        push('a', 'b');
        plan({step(0, "python"), step(1, "team/web")});
        work({StepState::building, StepState::built, StepState::pushing, StepState::pushed});
        work({StepState::building, StepState::failed}, "exit code 2");
    }
};

TEST_F(Badges, ShowImagesAndTheBranch) {
    build();
    const http::Response svg = get("/badges/images/python.svg");
    EXPECT_EQ(svg.status, 200U);
    EXPECT_EQ(svg.content_type, "image/svg+xml; charset=utf-8");
    EXPECT_TRUE(svg.body.contains("<title>python: 1</title>")) << svg.body;
    EXPECT_EQ(json(get("/badges/images/team/web.json"))["message"], "failing");
    EXPECT_EQ(json(get("/badges/images.json"))["message"], "1 failing");
    EXPECT_EQ(json(get("/badges/images.json?branch=main"))["label"], "main");
    EXPECT_EQ(json(get("/badges/images/python.json?branch=other"))["message"], "unknown");
    EXPECT_EQ(json(get("/badges/nothing.json"))["message"], "unknown");
}

TEST_F(Badges, AreSentAgainOnlyWhenTheyChanged) {
    const http::Response first = get("/badges/images/python.svg");
    EXPECT_EQ(header(first, "Cache-Control"), "no-cache, max-age=60");
    const std::string tag = header(first, "ETag");
    EXPECT_EQ(get("/badges/images/python.svg", {{"if-none-match", tag}}).status, 304U);
    build();
    EXPECT_EQ(get("/badges/images/python.svg", {{"if-none-match", tag}}).status, 200U);
}

TEST_F(Badges, HaveOneOfTwoEndings) {
    for (const char* const path :
         {"/badges/images/python",
          "/badges/images/python.png",
          "/badges/images",
          "/badges/.svg",
          "/badges/images/.svg"}) {
        EXPECT_EQ(get(path).status, 404U) << path;
    }
}

TEST_F(Badges, MayBeOpenAlone) {
    config::Config config = config_.current();
    config.anonymous_read = false;
    config_.replace(config);
    EXPECT_EQ(get("/badges/images.svg").status, 401U);
    EXPECT_EQ(get("/badges/images.svg", {{"authorization", "Bearer reader"}}).status, 200U);
    config.anonymous_badges = true;
    config_.replace(std::move(config));
    EXPECT_EQ(get("/badges/images.svg").status, 200U);
    EXPECT_EQ(get("/badges/images/python.json").status, 200U);
    EXPECT_EQ(get("/api/v1/builds").status, 401U);
}

}  // namespace
}  // namespace slipway::api
