#include "server/engine/session/offer.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway::engine::session {
namespace {

TEST(CheckOffer, TakesSecretsUpToBuildkitsLimit) {
    EXPECT_TRUE(check({.secrets = {{"a", std::string(largest_secret, 'x')}}}));
    const auto refused = check({.secrets = {{"a", std::string(largest_secret + 1, 'x')}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    EXPECT_TRUE(refused.error().message.contains("'a'")) << refused.error().message;
    EXPECT_FALSE(refused.error().message.contains("xx"));
}

TEST(CheckOffer, TakesPathsThatFitASocket) {
    EXPECT_TRUE(check({.ssh_agents = {{"default", "/" + std::string(106, 'x')}}}));
    for (const std::string& path : {std::string(), "/" + std::string(107, 'x')}) {
        const auto refused = check({.ssh_agents = {{"default", path}}});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    }
}

}  // namespace
}  // namespace slipway::engine::session
