#include "server/factory/policy.hpp"

#include "server/config/config.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using Tags = std::vector<std::string>;

config::Repository with_rules(std::vector<config::BranchRule> rules) {
    config::Repository repository;
    repository.branches = std::move(rules);
    return repository;
}

TEST(FindPolicy, TakesTheFirstRuleThatMatchesTheBranch) {
    const auto repository = with_rules({
        {.match = "main", .push = true, .tags = {"{version}", "latest"}},
        {.match = "*", .push = false, .tags = {"{version}"}},
    });
    const auto main = find_policy(repository, "refs/heads/main");
    ASSERT_TRUE(main);
    EXPECT_TRUE(main->push);
    EXPECT_EQ(main->tags, (Tags{"{version}", "latest"}));
    const auto topic = find_policy(repository, "refs/heads/topic/x");
    ASSERT_TRUE(topic);
    EXPECT_FALSE(topic->push);
}

TEST(FindPolicy, BranchMayDoWithoutWhatIsSaidOfImages) {
    const auto repository = with_rules({
        {.match = "main", .push = true},
        {.match = "*", .push = true, .attest = false},
    });
    EXPECT_TRUE(find_policy(repository, "refs/heads/main")->attest);
    EXPECT_FALSE(find_policy(repository, "refs/heads/topic")->attest);
}

TEST(FindPolicy, BranchWithoutARuleIsNotBuilt) {
    const auto repository = with_rules({{.match = "main", .push = true, .tags = {}}});
    EXPECT_FALSE(find_policy(repository, "refs/heads/topic"));
    EXPECT_FALSE(find_policy(with_rules({}), "refs/heads/main"));
}

TEST(FindPolicy, FillsTheBranchInAndLeavesTheRest) {
    const auto repository = with_rules(
        {{.match = "*", .push = true, .tags = {"{version}-{branch}-{sha}", "{branch}.{branch}"}}}
    );
    const auto policy = find_policy(repository, "refs/heads/feature/A b");
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->tags, (Tags{"{version}-feature-A-b-{sha}", "feature-A-b.feature-A-b"}));
}

TEST(FindPolicy, TagNeedsARuleThatNamesTags) {
    const auto any = with_rules({{.match = "*", .push = true, .tags = {"{version}"}}});
    EXPECT_FALSE(find_policy(any, "refs/tags/v1")) << "a tag names a commit of some branch";
    const auto tags = with_rules({{.match = "refs/tags/v*", .push = true, .tags = {"{branch}"}}});
    const auto policy = find_policy(tags, "refs/tags/v1");
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->tags, Tags{"v1"});
    EXPECT_FALSE(find_policy(tags, "refs/tags/w1"));
}

TEST(FindPolicy, RuleOfTagsCountsBehindOneForAllBranches) {
    const auto repository = with_rules({
        {.match = "*", .push = false, .tags = {"{version}"}},
        {.match = "refs/tags/*", .push = true, .tags = {"{version}"}},
    });
    const auto policy = find_policy(repository, "refs/tags/v1");
    ASSERT_TRUE(policy);
    EXPECT_TRUE(policy->push);
}

TEST(FindPolicy, BranchThatIsNamedLikeATagGetsNoTagsRule) {
    const auto repository =
        with_rules({{.match = "refs/tags/*", .push = true, .tags = {"{version}"}}});
    EXPECT_FALSE(find_policy(repository, "refs/heads/refs/tags/v1"));
}

TEST(FindPolicy, OtherReferencesAreNotBuilt) {
    const auto repository = with_rules({{.match = "*", .push = true, .tags = {"{version}"}}});
    EXPECT_FALSE(find_policy(repository, "refs/merge-requests/1/head"));
    EXPECT_FALSE(find_policy(repository, "main"));
    EXPECT_FALSE(find_policy(repository, ""));
}

TEST(FillInCommit, ReplacesEveryPlaceByEightDigits) {
    const std::string commit = "0123456789abcdef0123456789abcdef01234567";
    EXPECT_EQ(
        fill_in_commit({"{version}-{sha}", "{sha}{sha}", "latest"}, commit),
        (Tags{"{version}-01234567", "0123456701234567", "latest"})
    );
}

TEST(AsTag, KeepsWhatATagMayHold) {
    EXPECT_EQ(as_tag("main"), "main");
    EXPECT_EQ(as_tag("v1.0_RC"), "v1.0_RC");
}

TEST(AsTag, ReplacesEveryRunOfTheRestByOneDash) {
    EXPECT_EQ(as_tag("feature/\xc3\x84 b"), "feature-b");
    EXPECT_EQ(as_tag("a--b//c"), "a-b-c");
    EXPECT_EQ(as_tag("/a/"), "a");
}

TEST(AsTag, BeginsWithAWordCharacter) {
    EXPECT_EQ(as_tag("..a"), "a");
    EXPECT_EQ(as_tag("./a"), "a");
    EXPECT_EQ(as_tag("-a"), "a");
    EXPECT_EQ(as_tag("_a"), "_a");
}

TEST(AsTag, IsNeverEmpty) {
    EXPECT_EQ(as_tag(""), "branch");
    EXPECT_EQ(as_tag("\xc3\x84"), "branch");
    EXPECT_EQ(as_tag("..."), "branch");
    EXPECT_EQ(as_tag("./."), "branch");
}

TEST(AsTag, IsCutAt63WithoutADashAtTheEnd) {
    EXPECT_EQ(as_tag(std::string(70, 'a')), std::string(63, 'a'));
    EXPECT_EQ(as_tag(std::string(62, 'a') + "/b"), std::string(62, 'a'));
}

}  // namespace
}  // namespace slipway::factory
