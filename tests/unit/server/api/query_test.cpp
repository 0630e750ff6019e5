#include "server/api/query.hpp"

#include "server/http/message.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

http::Request with(std::map<std::string, std::string> query) {
    http::Request request;
    request.query = std::move(query);
    return request;
}

TEST(Query, DryRunIsSaidInOneOfTwoWaysOrRefused) {
    EXPECT_FALSE(is_dry_run(with({})).value());
    EXPECT_FALSE(is_dry_run(with({{"dry_run", "0"}})).value());
    EXPECT_FALSE(is_dry_run(with({{"dry_run", "false"}})).value());
    EXPECT_TRUE(is_dry_run(with({{"dry_run", "1"}})).value());
    EXPECT_TRUE(is_dry_run(with({{"dry_run", "true"}})).value());
    for (const std::string text : {"", "yes", "2", "TRUE"}) {
        EXPECT_EQ(is_dry_run(with({{"dry_run", text}})).error().status, 400U) << text;
    }
}

TEST(Query, PageHasABound) {
    EXPECT_EQ(page_of(with({}))->limit, 50);
    EXPECT_EQ(page_of(with({{"limit", "7"}, {"cursor", "9"}}))->cursor, 9);
    EXPECT_EQ(page_of(with({{"limit", "99999999999"}}))->limit, 200);
    EXPECT_EQ(page_of(with({{"limit", "5000"}}), 1000, 1000)->limit, 1000);
    EXPECT_EQ(page_of(with({{"limit", "0"}})).error().status, 400U);
    EXPECT_EQ(page_of(with({{"cursor", "-1"}})).error().status, 400U);
}

TEST(Query, ReferencesAndFoldersHaveOneName) {
    EXPECT_EQ(full_ref("main"), "refs/heads/main");
    EXPECT_EQ(full_ref("refs/tags/v1"), "refs/tags/v1");
    EXPECT_EQ(full_ref(""), "");
    EXPECT_EQ(shown_folder("team/python"), "team/python");
    EXPECT_EQ(shown_folder("/python/"), "python");
    EXPECT_EQ(shown_folder(""), ".");
    EXPECT_EQ(shown_folder("/"), ".");
    EXPECT_EQ(shown_folder("."), ".");
}

}  // namespace
}  // namespace slipway::api
