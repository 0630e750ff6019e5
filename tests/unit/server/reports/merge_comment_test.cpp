#include "server/reports/merge_comment.hpp"

#include "core/base/result.hpp"
#include "core/plan/plan.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/gitlab/gitlab_client.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace slipway::reports {
namespace {

using namespace std::chrono_literals;
using gitlab::StatusState;

factory::MergePlan two_images() {
    factory::MergePlan plan;
    plan.commit = std::string(40, 'a');
    plan.target_commit = std::string(40, 'b');
    plan.target_branch = "main";
    plan.is_pushed = true;
    plan.plan.steps = {
        {.folder = "base",
         .image = "r/base:1",
         .references = {"r/base:1"},
         .needs = {},
         .reasons = {{.kind = plan::ReasonKind::changed, .paths = {"base/Dockerfile"}, .folder = ""}
         }},
        {.folder = "web",
         .image = "r/web:1",
         .references = {"r/web:1"},
         .level = 1,
         .needs = {"base"},
         .reasons = {{.kind = plan::ReasonKind::base_rebuilt, .paths = {}, .folder = "base"}}},
    };
    return plan;
}

TEST(MergeComment, SaysWhatIsBuiltInWhichOrderAndWhy) {
    factory::MergePlan plan = two_images();
    plan.durations = {{"base", 90s}, {"web", 150s}};
    EXPECT_EQ(
        comment_of(plan, "images"),
        "<!-- slipway:plan images -->\n"
        "### slipway: merging this builds 2 images\n\n"
        "| # | folder | image | why | version |\n| --- | --- | --- | --- | --- |\n"
        "| 1 | `base` | `r/base:1` | changed: `base/Dockerfile` | new |\n"
        "| 2 | `web` | `r/web:1` | built on `base` | new |\n\n"
        "By past builds this takes about 4 min.\n\n"
        "<sub>`aaaaaaaaaa` merged into `main` at `bbbbbbbbbb`; this note is updated.</sub>\n"
    );
    EXPECT_EQ(status_of(plan).state, StatusState::success);
    EXPECT_EQ(status_of(plan).description, "merging this builds 2 images");
    EXPECT_EQ(status_of(plan).commit, plan.commit);
    EXPECT_EQ(status_of(plan).name, "slipway/plan");
}

TEST(MergeComment, SaysWhichVersionsAreThereAlready) {
    factory::MergePlan plan = two_images();
    plan.held = {"r/web:1"};
    EXPECT_TRUE(comment_of(plan, "images").contains("| built on `base` | overwrites `r/web:1` |"));
    EXPECT_EQ(status_of(plan).state, StatusState::success);
    plan.refuses_overwrite = true;
    EXPECT_TRUE(
        comment_of(plan, "images").contains("**needs a new version**: `r/web:1` is in the registry")
    );
    EXPECT_EQ(status_of(plan).state, StatusState::failed);
    EXPECT_EQ(status_of(plan).description, "merging this builds 2 images, 1 version to raise");
    plan.asked_all = false;
    EXPECT_TRUE(comment_of(plan, "images").contains("not known: a registry did not answer"));
    plan.is_pushed = false;
    plan.held.clear();
    EXPECT_TRUE(comment_of(plan, "images").contains("built, not pushed"));
}

TEST(MergeComment, SaysConflictsErrorsAndWhatIsGone) {
    factory::MergePlan plan = two_images();
    plan.plan.errors = {{.path = "x/manifest.yml", .line = 3, .column = 1, .message = "no"}};
    plan.plan.removed = {{.folder = "old", .image = "r/old:1", .moved_to = "new"}};
    std::string comment = comment_of(plan, "images");
    EXPECT_TRUE(comment.contains("- `x/manifest.yml:3:1: no`\n"));
    EXPECT_TRUE(comment.contains("- `old (now new)`\n"));
    EXPECT_EQ(status_of(plan).state, StatusState::failed);
    factory::MergePlan conflict;
    conflict.conflicts = {"web/Dockerfile"};
    comment = comment_of(conflict, "images");
    EXPECT_TRUE(comment.contains("this can't be merged as it is"));
    EXPECT_TRUE(comment.contains("- `web/Dockerfile`\n"));
    EXPECT_EQ(status_of(conflict).state, StatusState::failed);
}

TEST(MergeComment, NothingToBuildIsGood) {
    factory::MergePlan plan;
    EXPECT_TRUE(comment_of(plan, "images").contains("merging this builds no image\n"));
    EXPECT_EQ(status_of(plan).state, StatusState::success);
}

TEST(MergeComment, WhatComesFromTheRepositoryIsNoMarkdown) {
    factory::MergePlan plan = two_images();
    plan.plan.steps[0].folder = "a|b`\n/close @all";
    const std::string comment = comment_of(plan, "images");
    EXPECT_TRUE(
        comment.contains("| 1 | `a\\|b?"
                         "?/close @all` |")
    );
    EXPECT_FALSE(comment.contains("\n/close"));
}

TEST(MergeComment, SaysWhyThereIsNoPlan) {
    const Error error{ErrorCode::invalid, "no branch rule matches refs/heads/x", {}};
    EXPECT_EQ(
        comment_of(error, "images"),
        "<!-- slipway:plan images -->\n### slipway: there is no plan of this\n\n"
        "`no branch rule matches refs/heads/x`\n"
    );
    EXPECT_EQ(status_of(error, "abc").state, StatusState::failed);
}

TEST(LongestChain, AddsUpWhatWaitsForEachOther) {
    const factory::MergePlan plan = two_images();
    EXPECT_EQ(factory::longest_chain(plan.plan, {{"base", 10s}, {"web", 5s}}), 15s);
    EXPECT_EQ(factory::longest_chain(plan.plan, {{"web", 5s}}), 5s);
    EXPECT_EQ(factory::longest_chain({}, {}), 0s);
}

}  // namespace
}  // namespace slipway::reports
