#include "server/reports/hook_watch.hpp"

#include "server/gitlab/gitlab_client.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace slipway::reports {
namespace {

TEST(FindOurs, IsTheHookThatLeadsHere) {
    std::vector<gitlab::Hook> hooks(3);
    hooks[0].url = "https://ci.example.com/hook";
    hooks[1] = {
        .id = 2,
        .url = "https://old.example.com/webhooks/gitlab",
        .alert_status = "",
        .disabled_until = ""
    };
    hooks[2] = hooks[1];
    hooks[2].id = 3;
    hooks[2].url = "https://slipway.example.com/webhooks/gitlab";
    EXPECT_EQ(find_ours(hooks, "https://slipway.example.com")->id, 3);
    EXPECT_EQ(find_ours(hooks, "")->id, 2);
    EXPECT_EQ(find_ours(hooks, "https://other.example.com"), nullptr);
    EXPECT_EQ(find_ours({}, ""), nullptr);
}

}  // namespace
}  // namespace slipway::reports
