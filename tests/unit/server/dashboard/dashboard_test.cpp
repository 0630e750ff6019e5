#include "server/dashboard/dashboard.hpp"

#include "server/dashboard/assets.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string_view>

namespace slipway::dashboard {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";

class Dashboard : public ::testing::Test {
protected:
    void SetUp() override {
        if (assets().empty()) {
            GTEST_SKIP() << "built with SLIPWAY_DASHBOARD=OFF";
        }
    }
};

TEST_F(Dashboard, HasThePageItsScriptAndItsStyle) {
    ASSERT_TRUE(find("/"));
    EXPECT_EQ(find("/")->content_type, "text/html; charset=utf-8");
    int scripts = 0;
    int styles = 0;
    for (const Asset& asset : assets()) {
        scripts += asset.content_type.starts_with("text/javascript") ? 1 : 0;
        styles += asset.content_type.starts_with("text/css") ? 1 : 0;
    }
    EXPECT_EQ(scripts, 1);
    EXPECT_EQ(styles, 1);
}

TEST_F(Dashboard, NamesWhatIsKeptForEverByItsContent) {
    for (const Asset& asset : assets()) {
        EXPECT_EQ(asset.bytes.substr(0, 2), gzip_magic) << asset.path;
        EXPECT_EQ(asset.hash.size(), 16U) << asset.path;
        EXPECT_TRUE(asset.path == "/" || asset.path.contains(asset.hash)) << asset.path;
    }
}

TEST_F(Dashboard, IsUnder150KilobytesInAll) {
    std::size_t all = 0;
    for (const Asset& asset : assets()) {
        all += asset.bytes.size();
    }
    EXPECT_LT(all, 150'000U);
}

TEST_F(Dashboard, HasNothingElse) {
    EXPECT_FALSE(find(""));
    EXPECT_FALSE(find("/index.html"));
    EXPECT_FALSE(find("/assets/"));
    EXPECT_FALSE(find("/assets/../etc/passwd"));
}

}  // namespace
}  // namespace slipway::dashboard
