#include "core/plan/gitlab_pipeline.hpp"

#include "core/plan/plan.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace slipway::plan {
namespace {

using Words = std::vector<std::string>;

Step step(const std::string& folder, unsigned level = 0, const Words& needs = {}) {
    Step step;
    step.folder = folder;
    step.level = level;
    step.needs = needs;
    return step;
}

Plan plan_of(const std::vector<Step>& steps) {
    Plan plan;
    plan.before = "bbbb";
    plan.after = "aaaa";
    plan.base_commit = "bbbb";
    plan.base_rule = "before";
    plan.steps = steps;
    return plan;
}

YAML::Node pipeline(const Plan& plan, const std::string& registry = "") {
    return YAML::Load(to_gitlab_pipeline(plan, registry));
}

std::string script(const YAML::Node& pipeline, const std::string& job) {
    return pipeline[job]["script"][0].as<std::string>();
}

/// The names of the jobs, in order: all that is no keyword.
Words jobs(const YAML::Node& pipeline) {
    Words names;
    for (const auto& entry : pipeline) {
        const auto name = entry.first.as<std::string>();
        if (name != "workflow" && name != "variables" && name != "stages") {
            names.push_back(name);
        }
    }
    return names;
}

TEST(GitlabPipeline, JobOfAnImageWaitsForThoseItIsBuiltOn) {
    const auto yaml = pipeline(plan_of({step("a"), step("b"), step("c", 1, {"a", "b"})}));
    EXPECT_EQ(jobs(yaml), (Words{"build a", "build b", "build c"}));
    EXPECT_TRUE(yaml["build a"]["needs"].IsSequence()) << "without needs it waits for its stage";
    EXPECT_EQ(yaml["build a"]["needs"].size(), 0U);
    EXPECT_EQ(yaml["build c"]["needs"].as<Words>(), (Words{"build a", "build b"}));
    EXPECT_EQ(yaml["build c"]["stage"].as<std::string>(), "level 1");
    EXPECT_EQ(yaml["stages"].as<Words>(), (Words{"level 0", "level 1"}));
    EXPECT_EQ(yaml["variables"]["GIT_DEPTH"].as<std::string>(), "0");
    EXPECT_EQ(yaml["workflow"]["rules"][0]["when"].as<std::string>(), "always");
}

TEST(GitlabPipeline, JobBuildsItsFolderAlone) {
    const auto yaml = pipeline(plan_of({step("a/b")}));
    EXPECT_EQ(script(yaml, "build a/b"), "slipway build --push --folder='a/b' bbbb aaaa");
    EXPECT_EQ(
        script(pipeline(plan_of({step("a")}), "r.example/team"), "build a"),
        "slipway build --push --registry='r.example/team' --folder='a' bbbb aaaa"
    );
}

TEST(GitlabPipeline, JobComparesWithWhatThePlanDid) {
    Plan plan = plan_of({step("a")});
    plan.before = "0000";
    EXPECT_EQ(script(pipeline(plan), "build a"), "slipway build --push --folder='a' bbbb aaaa")
        << "the merge base";
    plan.base_commit = "";
    EXPECT_EQ(script(pipeline(plan), "build a"), "slipway build --push --folder='a' 0000 aaaa");
}

TEST(GitlabPipeline, FiftyNeedsAreNamedAndMoreAreLeftToTheStage) {
    std::vector<Step> steps;
    Words needs;
    for (int i = 0; i < 51; ++i) {
        needs.push_back("p" + std::to_string(i));
        steps.push_back(step(needs.back()));
    }
    steps.push_back(step("fifty", 1, Words(needs.begin(), needs.end() - 1)));
    steps.push_back(step("more", 1, needs));
    const auto yaml = pipeline(plan_of(steps));
    EXPECT_EQ(yaml["build fifty"]["needs"].size(), 50U);
    EXPECT_FALSE(yaml["build more"]["needs"]);
    EXPECT_EQ(yaml["build more"]["stage"].as<std::string>(), "level 1");
}

TEST(GitlabPipeline, WhatIsNeverPushedIsBuiltByWhoeverNeedsIt) {
    Step tools = step("tools", 1, {"base"});
    tools.push = false;
    Step more = step("more", 2, {"tools"});
    more.push = false;
    const auto yaml = pipeline(plan_of({step("base"), tools, more, step("app", 3, {"more"})}));
    EXPECT_EQ(
        script(yaml, "build app"),
        "slipway build --push --folder='app' --folder='more' --folder='tools' bbbb aaaa"
    );
    EXPECT_EQ(script(yaml, "build tools"), "slipway build --push --folder='tools' bbbb aaaa");
}

TEST(GitlabPipeline, NamesAreNoKeywordsAndNotHidden) {
    const auto yaml = pipeline(plan_of({step("."), step(".hidden"), step("image"), step("pages")}));
    EXPECT_EQ(jobs(yaml), (Words{"build .", "build .hidden", "build image", "build pages"}));
}

TEST(GitlabPipeline, OddFoldersHaveSafeNamesAndAreOneWordToTheShell) {
    const std::string odd = "it's \"$(x)\"\n";
    const auto yaml =
        pipeline(plan_of({step("a b"), step("a%20b"), step("caf\u00e9"), step("-x"), step(odd)}));
    EXPECT_EQ(
        jobs(yaml),
        (Words{
            "build a%20b",
            "build a%2520b",
            "build caf\u00e9",
            "build -x",
            "build it%27s%20%22%24%28x%29%22%0A"
        })
    );
    EXPECT_EQ(
        script(yaml, "build it%27s%20%22%24%28x%29%22%0A"),
        "slipway build --push --folder='it'\\''s \"$(x)\"\n' bbbb aaaa"
    );
    EXPECT_EQ(jobs(pipeline(plan_of({step("\xff")}))), Words{"build %FF"});
}

TEST(GitlabPipeline, LongNamesDifferWithin255) {
    const std::string same(300, 'x');
    const auto names =
        jobs(pipeline(plan_of({step(same + "1"), step(same + "2"), step("b", 1, {same + "1"})})));
    ASSERT_EQ(names.size(), 3U);
    EXPECT_NE(names[0], names[1]);
    EXPECT_LE(names[0].size(), 255U);
    EXPECT_EQ(
        jobs(pipeline(plan_of({step(std::string(249, 'x'))}))),
        Words{"build " + same.substr(0, 249)}
    ) << "255 are allowed";
}

TEST(GitlabPipeline, NothingToBuildIsOneJobThatSaysSo) {
    const auto yaml = pipeline(plan_of({}));
    EXPECT_EQ(jobs(yaml), Words{"nothing to build"});
    EXPECT_EQ(script(yaml, "nothing to build"), "echo 'nothing to build from bbbb to aaaa'");
    EXPECT_EQ(yaml["stages"].as<Words>(), Words{"level 0"});
}

}  // namespace
}  // namespace slipway::plan
