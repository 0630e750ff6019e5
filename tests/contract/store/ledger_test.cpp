#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_suites.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;
using Lines = std::vector<std::string>;

constexpr const char* main_branch = "refs/heads/main";

Step with_tree(Step step, const std::string& tree) {
    step.tree = tree;
    return step;
}

std::string number(BuildId build) {
    return std::to_string(build.value);
}

TEST_P(LedgerContract, WhatIsPlannedOnAPushedBranchIsOwed) {
    const BuildId build = planned("images", pushing_plan("c1", {new_step(0, "a")}));
    LedgerEntry expected;
    expected.repository = "images";
    expected.ref = main_branch;
    expected.folder = "a";
    expected.image = "registry.example/a:1";
    expected.owed = Owed{
        .since = clock_.now(),
        .why = "planned in build " + number(build),
        .commit = "c1",
        .tree = "tree of a",
        .build = build,
        .moved = "",
    };
    EXPECT_EQ(get(store_->ledger({})), std::vector{expected});
    EXPECT_EQ(get(store_->snapshot()).owed_total, 1);
}

TEST_P(LedgerContract, APlanThatDoesNotKeepTheLedgerOwesNothing) {
    PlanRecord plan = pushing_plan("c1", {new_step(0, "a")});
    plan.keeps_ledger = false;
    const BuildId build = planned("images", plan);
    push(build, "a");
    EXPECT_TRUE(get(store_->ledger({})).empty());
    EXPECT_EQ(get(store_->branch("images", main_branch)).value().commit, "c1");
}

TEST_P(LedgerContract, APushSettlesAndIsWrittenDown) {
    const BuildId build = planned("images", pushing_plan("c1", {new_step(0, "a")}));
    Step step = take("a");
    step.digests = {{step.references.at(0), "sha256:1"}};
    step.input_id = "input";
    step.bases = {{"debian:12", "sha256:2"}};
    using enum StepState;
    move_step(build, step, {building, built, pushing});
    clock_.advance(std::chrono::minutes(1));
    move_step(build, step, {pushed});
    const LedgerEntry expected{
        .repository = "images",
        .ref = main_branch,
        .folder = "a",
        .image = "registry.example/a:1",
        .references = step.references,
        .digests = step.digests,
        .commit = "c1",
        .tree = "tree of a",
        .input_id = "input",
        .bases = step.bases,
        .build = build,
        .pushed = clock_.now(),
        .owed = {},
        .removed = {},
        .moved_to = "",
    };
    EXPECT_EQ(get(store_->ledger({})), std::vector{expected});
    EXPECT_EQ(get(store_->snapshot()).owed_total, 0);
}

TEST_P(LedgerContract, UnchangedSettlesToo) {
    const BuildId build = planned("images", pushing_plan("c1", {new_step(0, "a")}));
    move_step(build, take("a"), {StepState::unchanged});
    EXPECT_EQ(owed(), Lines{});
    EXPECT_EQ(entry("a").commit, "c1");
    EXPECT_EQ(entry("a").tree, "tree of a");
}

TEST_P(LedgerContract, WhatIsNotToBePushedIsOwedUntilItIsBuilt) {
    Step step = new_step(0, "a");
    step.push = false;
    const BuildId build = planned("images", pushing_plan("c1", {step}));
    EXPECT_EQ(owed().size(), 1);
    move_step(build, take("a"), {StepState::building, StepState::built});
    EXPECT_EQ(owed(), Lines{});
    EXPECT_EQ(entry("a").commit, "") << "nothing was pushed";
    EXPECT_EQ(entry("a").build, std::nullopt);
}

TEST_P(LedgerContract, WhatFailsOrIsSkippedStaysOwedAndSaysWhy) {
    const BuildId build = planned(
        "images", pushing_plan("c1", {new_step(0, "a"), new_step(1, "b", {0}), new_step(2, "c")})
    );
    break_step(build, "a", "exit code 2\nof a long story");
    EXPECT_EQ(
        owed(),
        (Lines{
            "a: failed in build " + number(build) + ": exit code 2",
            "b: skipped in build " + number(build) + ": not built, because a failed",
            "c: planned in build " + number(build),
        })
    );
    EXPECT_EQ(entry("a").owed.value().tree, "tree of a");
}

TEST_P(LedgerContract, WhatIsCancelledStaysOwedAndSaysWhy) {
    const BuildId build = planned(
        "images", pushing_plan("c1", {new_step(0, "a"), new_step(1, "b", {0}), new_step(2, "c")})
    );
    Step step = take("a");
    get(store_->cancel(build, "not wanted"));
    step.error = "stopped";
    move_step(build, step, {StepState::cancelled});
    EXPECT_EQ(
        owed(),
        (Lines{
            "a: cancelled in build " + number(build) + ": stopped",
            "b: cancelled in build " + number(build) + ": not wanted",
            "c: cancelled in build " + number(build) + ": not wanted",
        })
    );
}

TEST_P(LedgerContract, WhatIsSupersededStaysOwedAndSaysWhy) {
    const std::string where_the_next_begins = new_build("images").before;
    const BuildId build = planned(
        "images", pushing_plan(where_the_next_begins, {new_step(0, "a"), new_step(1, "b")})
    );
    take("a");
    const BuildId newer = request("images");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(
        owed(),
        (Lines{
            "a: planned in build " + number(build),
            "b: cancelled in build " + number(build) + ": superseded by build " + number(newer),
        })
    );
}

TEST_P(LedgerContract, ADebtIsAsOldAsItsOldestChange) {
    const Time first = clock_.now();
    const BuildId failing =
        planned("images", pushing_plan("c1", {with_tree(new_step(0, "a"), "t1")}));
    break_step(failing, "a", "no");
    clock_.advance(std::chrono::hours(1));
    const BuildId second =
        planned("images", pushing_plan("c2", {with_tree(new_step(0, "a"), "t2")}));
    const Owed expected{
        .since = first,
        .why = "planned in build " + number(second),
        .commit = "c2",
        .tree = "t2",
        .build = second,
        .moved = "",
    };
    EXPECT_EQ(entry("a").owed, expected);
    push(second, "a");
    EXPECT_EQ(entry("a").owed, std::nullopt);
    const BuildId third =
        planned("images", pushing_plan("c3", {with_tree(new_step(0, "a"), "t3")}));
    EXPECT_EQ(entry("a").owed.value().since, clock_.now());
    EXPECT_EQ(entry("a").tree, "t2") << "what is pushed stays until something else is";
    push(third, "a");
    EXPECT_EQ(entry("a").tree, "t3");
}

TEST_P(LedgerContract, ARequestForFoldersOwesNothingAndLeavesTheBranch) {
    const BuildId build = requested({new_step(0, "a"), new_step(1, "b")});
    EXPECT_TRUE(get(store_->ledger({})).empty());
    EXPECT_EQ(get(store_->branch("images", main_branch)), std::nullopt);
    push(build, "a");
    EXPECT_EQ(entry("a").commit, "requested") << "but what it pushed is known";
    break_step(build, "b", "no");
    EXPECT_EQ(owed(), Lines{});
}

TEST_P(LedgerContract, ARequestThatPushesWhatIsOwedSettlesIt) {
    const BuildId failing = planned(
        "images",
        pushing_plan("c1", {with_tree(new_step(0, "a"), "t1"), with_tree(new_step(1, "b"), "t1")})
    );
    break_step(failing, "a", "no");
    break_step(failing, "b", "no");
    const BuildId build =
        requested({with_tree(new_step(0, "a"), "t1"), with_tree(new_step(1, "b"), "t0")});
    push(build, "a");
    push(build, "b");
    EXPECT_EQ(owed(), Lines{"b: failed in build " + number(failing) + ": no"})
        << "another tree than the owed one";
    EXPECT_EQ(entry("a").build, build);
    EXPECT_EQ(entry("b").tree, "t0") << "the registry has that";
}

TEST_P(LedgerContract, ARequestThatFailsDoesNotChangeWhyItIsOwed) {
    const BuildId failing = planned("images", pushing_plan("c1", {new_step(0, "a")}));
    break_step(failing, "a", "no");
    const BuildId build = requested({new_step(0, "a")});
    break_step(build, "a", "still no");
    EXPECT_EQ(owed(), Lines{"a: failed in build " + number(failing) + ": no"});
}

TEST_P(LedgerContract, ARemovedFolderIsATombstoneAndOwedNoMore) {
    const BuildId build =
        planned("images", pushing_plan("c1", {new_step(0, "a"), new_step(1, "b")}));
    break_step(build, "a", "no");
    push(build, "b");
    clock_.advance(std::chrono::hours(1));
    PlanRecord plan = pushing_plan("c2", {});
    plan.removed = {{.folder = "a", .moved_to = ""}, {.folder = "b", .moved_to = "new/b"}};
    planned("images", plan);
    EXPECT_EQ(owed(), Lines{});
    EXPECT_EQ(entry("a").removed, clock_.now());
    EXPECT_EQ(entry("a").moved_to, "");
    EXPECT_EQ(entry("b").removed, clock_.now());
    EXPECT_EQ(entry("b").moved_to, "new/b");
    EXPECT_EQ(entry("b").build, build) << "what was pushed is still in the registry";
}

TEST_P(LedgerContract, AFolderThatComesBackIsNoTombstone) {
    push(planned("images", pushing_plan("c1", {new_step(0, "a")})), "a");
    PlanRecord plan = pushing_plan("c2", {});
    plan.removed = {{.folder = "a", .moved_to = "b"}};
    planned("images", plan);
    planned("images", pushing_plan("c3", {new_step(0, "a")}));
    EXPECT_EQ(entry("a").removed, std::nullopt);
    EXPECT_EQ(entry("a").moved_to, "");
    EXPECT_NE(entry("a").owed, std::nullopt);
}

TEST_P(LedgerContract, ABaseThatMovedIsOwed) {
    push(planned("images", pushing_plan("c1", {new_step(0, "a"), new_step(1, "b")})), "a");
    const std::string moved = R"({"reference": "debian:12", "from": "sha256:1", "to": "sha256:2"})";
    clock_.advance(std::chrono::hours(1));
    get(store_->owe("images", main_branch, "a", "debian:12 moved", moved));
    const Owed expected{
        .since = clock_.now(),
        .why = "debian:12 moved",
        .commit = "c1",
        .tree = "tree of a",
        .build = BuildId{},
        .moved = moved,
    };
    EXPECT_EQ(entry("a").owed, expected);
    const Owed before = entry("b").owed.value();
    get(store_->owe("images", main_branch, "b", "debian:12 moved", moved));
    EXPECT_EQ(entry("b").owed, before) << "it is owed already";
    get(store_->owe("images", main_branch, "unknown", "debian:12 moved", moved));
    EXPECT_EQ(get(store_->ledger({})).size(), 2);
}

TEST_P(LedgerContract, ABaseThatMovedStaysWrittenUntilItIsPushed) {
    push(planned("images", pushing_plan("c1", {new_step(0, "a")})), "a");
    get(store_->owe("images", main_branch, "a", "debian:12 moved", "{}"));
    const Time since = clock_.now();
    clock_.advance(std::chrono::hours(1));
    const BuildId build = planned("images", pushing_plan("c1", {new_step(0, "a")}));
    EXPECT_EQ(entry("a").owed.value().since, since);
    EXPECT_EQ(entry("a").owed.value().moved, "{}");
    push(build, "a");
    EXPECT_EQ(entry("a").owed, std::nullopt);
}

TEST_P(LedgerContract, TheLedgerIsAskedByRepositoryBranchAndFolder) {
    planned("images", pushing_plan("c1", {new_step(0, "b"), new_step(1, "a")}));
    planned("tools", pushing_plan("c1", {new_step(0, "a")}));
    const auto found = [this](const LedgerQuery& query) {
        Lines lines;
        for (const LedgerEntry& entry : get(store_->ledger(query))) {
            lines.push_back(entry.repository + "/" + entry.folder);
        }
        return lines;
    };
    EXPECT_EQ(found({}), (Lines{"images/a", "images/b", "tools/a"}));
    EXPECT_EQ(found({.repository = "images"}), (Lines{"images/a", "images/b"}));
    EXPECT_EQ(found({.folder = "a"}), (Lines{"images/a", "tools/a"}));
    EXPECT_EQ(found({.ref = main_branch, .folder = "b"}), Lines{"images/b"});
    EXPECT_EQ(found({.ref = "refs/heads/next"}), Lines{});
    EXPECT_EQ(found({.limit = 2}), (Lines{"images/a", "images/b"}));
    EXPECT_EQ(found({.limit = 2, .offset = 2}), Lines{"tools/a"});
    EXPECT_EQ(
        found({.repository = "images", .ref = main_branch, .folder = "a", .owed_only = true}),
        Lines{"images/a"}
    );
}

}  // namespace
}  // namespace slipway::store
