#include "server/registry/challenge.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace slipway::registry {
namespace {

using Challenges = std::vector<Challenge>;

TEST(ParseChallenges, ReadsABearerWithItsQuotedParameters) {
    EXPECT_EQ(
        parse_challenges(
            R"(Bearer realm="https://auth.example.com/token",service="registry",scope="repository:team/app:pull,push")"
        ),
        Challenges({
            {.scheme = "bearer",
             .parameters =
                 {{"realm", "https://auth.example.com/token"},
                  {"service", "registry"},
                  {"scope", "repository:team/app:pull,push"}}},
        })
    );
}

TEST(ParseChallenges, ReadsSeveralInTheirOrder) {
    EXPECT_EQ(
        parse_challenges(R"(Basic realm="simple", Newauth realm="apps", type=1, title="Login")"),
        Challenges({
            {.scheme = "basic", .parameters = {{"realm", "simple"}}},
            {.scheme = "newauth",
             .parameters = {{"realm", "apps"}, {"type", "1"}, {"title", "Login"}}},
        })
    );
}

TEST(ParseChallenges, UnescapesQuotedStrings) {
    EXPECT_EQ(
        parse_challenges(R"(Basic realm="a \"b\" \\ , Bearer x=1")"),
        Challenges({{.scheme = "basic", .parameters = {{"realm", R"(a "b" \ , Bearer x=1)"}}}})
    );
}

TEST(ParseChallenges, IgnoresTheCaseOfSchemesAndNamesAndBlanksAroundSigns) {
    EXPECT_EQ(
        parse_challenges(" , bEARER  REALM = \"Http://X\" ,\tService= y ,,"),
        Challenges({{.scheme = "bearer", .parameters = {{"realm", "Http://X"}, {"service", "y"}}}})
    );
}

TEST(ParseChallenges, PassesOverAToken68) {
    EXPECT_EQ(
        parse_challenges(R"(Negotiate YII/a+b==, Basic realm="x", NTLM)"),
        Challenges({
            {.scheme = "negotiate", .parameters = {}},
            {.scheme = "basic", .parameters = {{"realm", "x"}}},
            {.scheme = "ntlm", .parameters = {}},
        })
    );
}

TEST(ParseChallenges, TakesTheFirstOfARepeatedParameter) {
    EXPECT_EQ(
        parse_challenges(R"(Bearer realm="a", realm="b")"),
        Challenges({{.scheme = "bearer", .parameters = {{"realm", "a"}}}})
    );
}

TEST(ParseChallenges, KeepsWhatStandsBeforeABreak) {
    EXPECT_EQ(parse_challenges(""), Challenges());
    EXPECT_EQ(parse_challenges("=x"), Challenges());
    EXPECT_EQ(parse_challenges("realm=\"x\""), Challenges());
    EXPECT_EQ(parse_challenges("\"Basic\""), Challenges());
    const Challenges basic{{.scheme = "basic", .parameters = {}}};
    EXPECT_EQ(parse_challenges("Basic realm=\"never closed"), basic);
    EXPECT_EQ(parse_challenges("Basic realm=\"never closed\\"), basic);
    EXPECT_EQ(parse_challenges("Basic {x}"), basic);
    EXPECT_EQ(parse_challenges("Basic;realm=x"), basic);
}

TEST(ChooseChallenge, PrefersBearerToBasicAndKnowsNothingElse) {
    const auto scheme = [](const char* field) {
        const std::optional<Challenge> chosen = choose_challenge(parse_challenges(field));
        return chosen ? chosen->scheme : "none";
    };
    EXPECT_EQ(scheme("Basic realm=x, Bearer realm=y"), "bearer");
    EXPECT_EQ(scheme("Digest realm=x, Basic realm=y"), "basic");
    EXPECT_EQ(scheme("Digest realm=x, Negotiate"), "none");
}

TEST(Challenge, GivesEmptyForAMissingParameter) {
    const Challenge challenge{.scheme = "basic", .parameters = {{"realm", "x"}}};
    EXPECT_EQ(challenge.parameter("realm"), "x");
    EXPECT_EQ(challenge.parameter("scope"), "");
}

}  // namespace
}  // namespace slipway::registry
