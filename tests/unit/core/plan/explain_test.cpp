#include "core/plan/explain.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/explain_json.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace slipway::plan {
namespace {

using std::chrono::seconds;
using test::Commit;
using test::Files;
using test::image;
using test::operator+;
using Words = std::vector<std::string>;

Words words(const Explanation& explanation) {
    Words all;
    for (const Cause& cause : explanation.causes) {
        all.push_back(in_words(cause));
    }
    return all;
}

/// Two commits as text, and what they tell of a folder.
class ExplainTest : public testing::Test {
protected:
    ExplainInput facts(
        const Files& before,
        const Files& after,
        const std::string& folder,
        const PlanOptions& options = {}
    ) {
        const Commit old_commit = repository_.commit(before);
        const Commit new_commit = repository_.commit(after);
        Plan plan = repository_.plan(old_commit, new_commit, options);
        plan.base_commit = "1111";
        plan.after = "2222";
        const Sides sides{old_commit.catalog, new_commit.catalog, old_commit.tree, new_commit.tree};
        return facts_of(sides, plan, folder);
    }

    Explanation explained(const Files& before, const Files& after, const std::string& folder) {
        return explain(facts(before, after, folder));
    }

    /// Of an image that changed and can be built.
    ExplainInput changed() { return facts(base_, base_ + Files{{"a/x", "1"}}, "a"); }

    /// …and of one that did not.
    ExplainInput unchanged() { return facts(base_, base_, "a"); }

    test::TextRepository repository_;
    const Files base_ = image("a", "a", "scratch") + image("b", "b", "a:1");
};

TEST_F(ExplainTest, BuiltForTheReasonsOfItsStep) {
    const Explanation built = explain(changed());
    EXPECT_EQ(built.verdict, Verdict::built);
    EXPECT_EQ(words(built), Words{"changed: a/x"});
    EXPECT_EQ(built.subject.folder, "a");
    EXPECT_EQ(built.subject.image, "a:1");
    EXPECT_EQ(built.subject.before, "1111");
    EXPECT_EQ(built.subject.after, "2222");
    EXPECT_EQ(built.subject.before_tree.size(), 40U);
    EXPECT_EQ(built.subject.after_tree.size(), 40U);
    EXPECT_NE(built.subject.before_tree, built.subject.after_tree);
}

TEST_F(ExplainTest, BuiltOnAnImageThatIsBuilt) {
    const Explanation built = explained(base_, base_ + Files{{"a/x", "1"}}, "b");
    EXPECT_EQ(built.verdict, Verdict::built);
    EXPECT_EQ(words(built), Words{"built on a"});
    EXPECT_EQ(built.subject.before_tree, built.subject.after_tree);
}

TEST_F(ExplainTest, BuiltBecauseItIsNew) {
    const Explanation built = explained({}, base_, "a");
    EXPECT_EQ(built.verdict, Verdict::built);
    EXPECT_EQ(words(built), Words{"new image"});
    EXPECT_EQ(built.subject.before_tree, "");
}

TEST_F(ExplainTest, BuiltButNotPushed) {
    ExplainInput input = changed();
    input.ref = "refs/heads/topic";
    input.is_ref_pushed = false;
    const Explanation built = explain(input);
    EXPECT_EQ(built.verdict, Verdict::built);
    EXPECT_EQ(
        words(built), (Words{"changed: a/x", "the branch rule of refs/heads/topic pushes nothing"})
    );
}

TEST_F(ExplainTest, NotBuiltForTheSameContent) {
    ExplainInput input = unchanged();
    EXPECT_EQ(explain(input).verdict, Verdict::not_built);
    EXPECT_EQ(words(explain(input)), Words{"same content as before"});
    input.pushed_commit = "0123456789abcdef";
    input.pushed_build = BuildId{7};
    EXPECT_EQ(
        words(explain(input)), Words{"same content as before, pushed from 0123456789 by build 7"}
    );
    EXPECT_EQ(std::get<SameContent>(explain(input).causes.at(0)).tree, input.subject.after_tree);
}

TEST_F(ExplainTest, NotBuiltWhereTheInputIsPushedAlready) {
    ExplainInput input = changed();
    input.same_input = std::string(64, 'a');
    const Explanation same = explain(input);
    EXPECT_EQ(same.verdict, Verdict::not_built);
    EXPECT_EQ(
        words(same), Words{"what decides its content is pushed already (input id aaaaaaaaaa)"}
    );
}

TEST_F(ExplainTest, NotBuiltBecauseItIsGone) {
    const Explanation gone = explained(base_, image("b", "b", "a:1"), "a");
    EXPECT_EQ(gone.verdict, Verdict::not_built);
    EXPECT_EQ(words(gone), Words{"removed"});
    EXPECT_EQ(gone.subject.image, "a:1");
    EXPECT_EQ(gone.subject.after_tree, "");
}

TEST_F(ExplainTest, NotBuiltBecauseItMoved) {
    EXPECT_EQ(words(explained(base_, image("new", "a", "scratch"), "a")), Words{"moved to new"});
}

TEST_F(ExplainTest, NotBuiltWhereThereIsNoSuchFolder) {
    const Explanation nowhere = explained(base_, base_, "nowhere");
    EXPECT_EQ(nowhere.verdict, Verdict::not_built);
    EXPECT_EQ(words(nowhere), Words{"no image folder of this name at this commit"});
}

TEST_F(ExplainTest, NotBuiltForEveryErrorOfItsFiles) {
    const Files broken = {
        {"a/manifest.yml", "imaeg: a\nversion: 1\n"}, {"a/Dockerfile", "FROM scratch\n"}
    };
    const Explanation wrong = explained(base_, broken, "a");
    EXPECT_EQ(wrong.verdict, Verdict::not_built);
    ASSERT_FALSE(wrong.causes.empty());
    for (const Cause& cause : wrong.causes) {
        EXPECT_FALSE(std::get<Broken>(cause).is_cycle);
    }
    EXPECT_TRUE(words(wrong)[0].starts_with("a/manifest.yml:1:1: ")) << words(wrong)[0];
}

TEST_F(ExplainTest, NotBuiltAsPartOfACycle) {
    const Explanation cycle = explained({}, image("a", "a", "b:1") + image("b", "b", "a:1"), "a");
    EXPECT_EQ(cycle.verdict, Verdict::not_built);
    ASSERT_EQ(
        words(cycle), Words{"a/Dockerfile:1:1: built on itself: a → b → a; none of them is built"}
    );
    EXPECT_TRUE(std::get<Broken>(cycle.causes[0]).is_cycle);
}

TEST_F(ExplainTest, NotBuiltWhereNoRuleMatches) {
    ExplainInput input = changed();
    input.ref = "refs/heads/topic";
    input.is_ref_ignored = true;
    const Explanation ignored = explain(input);
    EXPECT_EQ(ignored.verdict, Verdict::not_built);
    EXPECT_EQ(words(ignored), Words{"no branch rule matches refs/heads/topic"});
}

TEST_F(ExplainTest, NotBuiltOnABranchThatOwesNothing) {
    ExplainInput input = unchanged();
    input.ref = "refs/heads/topic";
    input.is_ref_pushed = false;
    EXPECT_EQ(explain(input).verdict, Verdict::not_built);
    EXPECT_EQ(
        words(explain(input)),
        (Words{"same content as before", "the branch rule of refs/heads/topic pushes nothing"})
    );
}

TEST_F(ExplainTest, NotBuiltWhereOthersWereAskedFor) {
    PlanOptions options;
    options.folders = {"b"};
    const auto input = facts(base_, base_ + Files{{"a/x", "1"}}, "a", options);
    EXPECT_EQ(explain(input).verdict, Verdict::not_built);
    EXPECT_EQ(words(explain(input)), Words{"the build is for other folders"});
}

TEST_F(ExplainTest, NotBuiltWhereItsStepFailed) {
    ExplainInput input = changed();
    input.ended = Ended{model::StepState::failed, "exit code 2"};
    EXPECT_EQ(explain(input).verdict, Verdict::not_built);
    EXPECT_EQ(words(explain(input)), (Words{"failed: exit code 2", "changed: a/x"}));
    input.ended = Ended{model::StepState::skipped, ""};
    EXPECT_EQ(words(explain(input)), (Words{"skipped", "changed: a/x"}));
}

TEST_F(ExplainTest, NotBuiltByABuildThatWasNotPlanned) {
    ExplainInput input = unchanged();
    input.not_planned = NotPlanned{BuildId{7}, model::BuildState::superseded, "by build 8"};
    EXPECT_EQ(explain(input).verdict, Verdict::not_built);
    EXPECT_EQ(
        words(explain(input)), Words{"build 7 ended before it was planned: superseded: by build 8"}
    );
}

TEST_F(ExplainTest, NotBuiltWhereTheBranchWentOn) {
    ExplainInput input = unchanged();
    input.passed_over = PassedOver{BuildId{7}, "0123456789abcdef"};
    EXPECT_EQ(explain(input).verdict, Verdict::not_built);
    EXPECT_EQ(
        words(explain(input)),
        Words{"the branch went on to 0123456789, which is what build 7 is of"}
    );
    const auto json = to_json(explain(input));
    EXPECT_EQ(json["causes"][0]["kind"], "passed_over");
    EXPECT_EQ(json["causes"][0]["build"], 7);
}

TEST_F(ExplainTest, CommitsThatAreGoneAreToldOfByTheirPlan) {
    Plan plan;
    plan.after = "2222";
    plan.removed = {{.folder = "old", .image = "old:1", .moved_to = ""}};
    plan.errors = {{"a/manifest.yml", 3, 1, "no image"}, {"manifest.yml", 1, 1, "no version"}};
    EXPECT_EQ(words(explain(facts_of(plan, "a"))), Words{"a/manifest.yml:3:1: no image"});
    EXPECT_EQ(words(explain(facts_of(plan, "."))), Words{"manifest.yml:1:1: no version"});
    EXPECT_EQ(words(explain(facts_of(plan, "old"))), Words{"removed"});
    EXPECT_EQ(words(explain(facts_of(plan, "b"))), Words{"same content as before"});
}

TEST_F(ExplainTest, WaitingForEverythingThatHoldsItUp) {
    ExplainInput input = changed();
    input.waits = {
        InQueue{3},
        NeedsParents{{"base", "python"}},
        NoPlace{},
        BackOff{"2026-07-01T10:00:00Z", "503 from r.example"},
        RegistryAway{"r.example", "2026-07-01T10:05:00Z"},
        RepositoryBusy{BuildId{12}},
        BeingPlanned{BuildId{13}},
    };
    input.past = {seconds(10), seconds(90), seconds(40)};
    const Explanation waiting = explain(input);
    EXPECT_EQ(waiting.verdict, Verdict::waiting);
    EXPECT_EQ(
        words(waiting),
        (Words{
            "number 3 in the queue",
            "built after base, python",
            "no engine has a free place",
            "tried again at 2026-07-01T10:00:00Z: 503 from r.example",
            "r.example fails too often, and is not asked until 2026-07-01T10:05:00Z",
            "build 12 of this repository is running",
            "build 13 is being planned",
        })
    );
    EXPECT_EQ(waiting.estimate, seconds(40));
}

TEST_F(ExplainTest, OnlyWhatWaitsHasAnEstimate) {
    ExplainInput input = changed();
    input.past = {seconds(10)};
    EXPECT_EQ(explain(input).estimate, std::nullopt);
}

TEST_F(ExplainTest, RootFolderIsNamedByADot) {
    const Explanation built = explained({}, image(".", "root", "scratch"), ".");
    EXPECT_EQ(built.verdict, Verdict::built);
    EXPECT_EQ(built.subject.after_tree.size(), 40U);
}

TEST(Estimate, IsTheMedian) {
    EXPECT_EQ(estimate({}), std::nullopt);
    EXPECT_EQ(estimate({seconds(7)}), seconds(7));
    EXPECT_EQ(estimate({seconds(900), seconds(10), seconds(20)}), seconds(20));
    EXPECT_EQ(estimate({seconds(40), seconds(10), seconds(900), seconds(20)}), seconds(30));
}

}  // namespace
}  // namespace slipway::plan
