#include "server/config/config.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::config {
namespace {

/// The pattern of the rule that `branch` gets.
std::string rule_of(const Repository& repository, std::string_view branch) {
    const BranchRule* const rule = find_rule(repository, branch);
    return rule == nullptr ? "none" : rule->match;
}

Repository with(std::initializer_list<const char*> patterns) {
    Repository repository;
    repository.branches.clear();
    for (const char* const pattern : patterns) {
        repository.branches.push_back({.match = pattern});
    }
    return repository;
}

TEST(FindRule, TakesTheFirstThatMatches) {
    const Repository repository = with({"main", "release/*", "*"});
    EXPECT_EQ(rule_of(repository, "main"), "main");
    EXPECT_EQ(rule_of(repository, "release/1.0"), "release/*");
    EXPECT_EQ(rule_of(repository, "feature"), "*");
}

TEST(FindRule, FindsNoneWhereNoneMatches) {
    EXPECT_EQ(rule_of(with({"main"}), "mainline"), "none");
    EXPECT_EQ(rule_of(with({"main"}), "mai"), "none");
    EXPECT_EQ(rule_of(with({}), "main"), "none");
}

TEST(FindRule, LetsAStarStandForAnyRunEvenAnEmptyOne) {
    EXPECT_EQ(rule_of(with({"a*"}), "a"), "a*");
    EXPECT_EQ(rule_of(with({"*/x"}), "a/b/x"), "*/x");
    EXPECT_EQ(rule_of(with({"a*b*c"}), "a-b-b-c"), "a*b*c");
    EXPECT_EQ(rule_of(with({"a*b*c"}), "a-b-b"), "none");
    EXPECT_EQ(rule_of(with({"*-fix"}), "a-fix-fix"), "*-fix");
    EXPECT_EQ(rule_of(with({"**"}), ""), "**");
}

TEST(FindRule, TakesNothingElseForAPattern) {
    EXPECT_EQ(rule_of(with({"ma?n"}), "main"), "none");
    EXPECT_EQ(rule_of(with({"[m]ain"}), "main"), "none");
    EXPECT_EQ(rule_of(with({"Main"}), "main"), "none");
}

TEST(FindRule, IsQuickOnAPatternThatIsMadeToBeSlow) {
    const std::string name(20000, 'a');
    EXPECT_EQ(rule_of(with({"*a*a*a*a*a*a*a*a*a*a*b"}), name), "none");
}

}  // namespace
}  // namespace slipway::config
