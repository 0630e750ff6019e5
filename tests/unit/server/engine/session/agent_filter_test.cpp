#include "server/engine/session/agent_filter.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace slipway::engine::session {
namespace {

using namespace std::string_literals;

const std::string list = "\0\0\0\1\x0B"s;
const std::string sign = "\0\0\0\4\x0D\1\2\3"s;
const std::string remove_all = "\0\0\0\1\x13"s;
const std::string lock = "\0\0\0\5\x16\0\0\0\0"s;
const std::string unknown = "\0\0\0\1\xFF"s;

TEST(AgentFilter, LetsListingAndSigningThroughAndMakesTheRestUnknown) {
    const std::string asked = list + remove_all + sign + lock + list;
    const std::string expected = list + unknown + sign + unknown + list;
    for (std::size_t cut = 0; cut <= asked.size(); ++cut) {
        AgentFilter filter;
        const std::string first = filter.feed(asked.substr(0, cut)).value();
        EXPECT_EQ(first + filter.feed(asked.substr(cut)).value(), expected) << cut;
    }
}

TEST(AgentFilter, RefusesImpossibleSizes) {
    for (const std::string& request : {"\0\4\0\1\x0D"s, "\0\0\0\0\x0D"s, "\xFF\xFF\xFF\xFF\x0D"s}) {
        AgentFilter filter;
        const auto refused = filter.feed(request);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    }
    AgentFilter filter;
    EXPECT_TRUE(filter.feed("\0\4\0\0\x0D"s));
}

}  // namespace
}  // namespace slipway::engine::session
