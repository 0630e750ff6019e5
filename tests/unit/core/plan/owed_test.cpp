#include "core/plan/owed.hpp"

#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace slipway::plan {
namespace {

using test::Commit;
using test::Files;
using test::image;
using test::operator+;
using test::TextRepository;
using Words = std::vector<std::string>;

const Files two_images = image("a", "a", "scratch") + image("b", "b", "scratch");
const std::string digest_one = "sha256:" + std::string(64, '1');
const std::string digest_two = "sha256:" + std::string(64, '2');

/// `folder: reason`, for every reason of a plan.
Words words(const Plan& plan) {
    Words all;
    for (const Step& step : plan.steps) {
        for (const Reason& reason : step.reasons) {
            all.push_back(step.folder + ": " + in_words(reason));
        }
    }
    return all;
}

PlanOptions owing(std::vector<OwedFolder> folders) {
    PlanOptions options;
    options.owed = std::move(folders);
    return options;
}

PlanOptions last_at(const Commit& commit) {
    PlanOptions options;
    options.last = LastPlanned{.catalog = commit.catalog, .tree = commit.tree};
    options.last->why = "changed since 1a2b3c4d5e without a build";
    return options;
}

const OwedFolder owed_a{.folder = "a", .since = "2026-07-01T10:00:00Z", .why = "failed in build 7"};

TEST(Owed, FolderThatIsOwedIsPlannedWithoutAChange) {
    TextRepository repository;
    const Commit commit = repository.commit(two_images + image("on-a", "c", "a:1"));
    const Plan plan = repository.plan(commit, commit, owing({owed_a}));
    EXPECT_EQ(
        words(plan),
        (Words{"a: owed since 2026-07-01T10:00:00Z: failed in build 7", "on-a: built on a"})
    );
    EXPECT_EQ(plan.unchanged, 1U);
}

TEST(Owed, WhatChangedNeedsNoSecondReason) {
    TextRepository repository;
    const Commit before = repository.commit(two_images);
    const Commit after = repository.commit(two_images + Files{{"a/x", "1"}});
    EXPECT_EQ(words(repository.plan(before, after, owing({owed_a}))), Words{"a: changed: a/x"});
}

TEST(Owed, FolderThatIsGoneIsIgnored) {
    TextRepository repository;
    const Commit before = repository.commit(two_images);
    const Commit after = repository.commit(image("b", "b", "scratch"));
    const Plan plan = repository.plan(before, after, owing({owed_a}));
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_TRUE(plan.errors.empty());
}

TEST(Owed, BrokenFolderStaysOwedWithoutAStep) {
    TextRepository repository;
    const Commit commit = repository.commit({{"a/manifest.yml", "image: a\n"}});
    EXPECT_TRUE(repository.plan(commit, commit, owing({owed_a})).steps.empty());
}

TEST(Owed, RootFolderIsNamedByADot) {
    TextRepository repository;
    const Commit commit = repository.commit(image(".", "root", "scratch"));
    const auto options = owing({{.folder = ".", .why = "cancelled in build 3"}});
    EXPECT_EQ(
        words(repository.plan(commit, commit, options)), Words{".: owed: cancelled in build 3"}
    );
}

TEST(Owed, EveryBaseThatMovedIsNamed) {
    TextRepository repository;
    const Commit commit = repository.commit(image("a", "a", "debian:12"));
    const Plan plan = repository.plan(
        commit,
        commit,
        owing({
            {.folder = "a", .moved = BaseMove{"debian:12", digest_one, digest_two}},
            {.folder = "a", .moved = BaseMove{"node:22", digest_two, digest_one}},
        })
    );
    EXPECT_EQ(
        words(plan),
        (Words{
            "a: debian:12 moved: sha256:1111111111 → sha256:2222222222",
            "a: node:22 moved: sha256:2222222222 → sha256:1111111111"
        })
    );
}

TEST(Owed, ReasonsAreInOrder) {
    TextRepository repository;
    const Commit commit = repository.commit(two_images + image("c", "c", "b:1"));
    const Plan plan = repository.plan(
        commit,
        commit,
        owing({
            {.folder = "c", .why = "failed in build 7"},
            {.folder = "c", .moved = BaseMove{"debian:12", digest_one, digest_two}},
            {.folder = "b", .why = "failed in build 7"},
        })
    );
    std::vector<ReasonKind> kinds;
    for (const Reason& reason : plan.steps.at(1).reasons) {
        kinds.push_back(reason.kind);
    }
    EXPECT_EQ(
        kinds, (std::vector{ReasonKind::base_rebuilt, ReasonKind::base_moved, ReasonKind::owed})
    );
}

TEST(Owed, RequestedFoldersAreAllThatIsBuilt) {
    TextRepository repository;
    const Commit commit = repository.commit(two_images);
    PlanOptions options = owing({owed_a});
    options.last = last_at(repository.commit({})).last;
    options.folders = {"b"};
    EXPECT_EQ(words(repository.plan(commit, commit, options)), Words{"b: requested"});
}

TEST(Missed, WhatNoPushToldIsOwed) {
    TextRepository repository;
    const Commit last = repository.commit(two_images);
    const Commit before = repository.commit(two_images + Files{{"a/x", "1"}});
    const Commit after = repository.commit(two_images + Files{{"a/x", "1"}, {"b/x", "1"}});
    EXPECT_EQ(
        words(repository.plan(before, after, last_at(last))),
        (Words{"a: owed: changed since 1a2b3c4d5e without a build", "b: changed: b/x"})
    );
}

TEST(Missed, NewAndWatchingImagesCountToo) {
    TextRepository repository;
    const Files watching = image("a", "a", "scratch", "watch: [/shared/**]\n");
    const Commit last = repository.commit(watching);
    const Commit now =
        repository.commit(watching + image("new", "new", "scratch") + Files{{"shared/x", "1"}});
    EXPECT_EQ(
        words(repository.plan(now, now, last_at(last))),
        (Words{
            "a: owed: changed since 1a2b3c4d5e without a build",
            "new: owed: changed since 1a2b3c4d5e without a build"
        })
    );
}

TEST(Missed, PushThatBeginsWhereTheLastPlanEndedMissesNothing) {
    TextRepository repository;
    const Commit last = repository.commit(two_images);
    const Commit after = repository.commit(two_images + Files{{"a/x", "1"}});
    EXPECT_EQ(words(repository.plan(last, after, last_at(last))), Words{"a: changed: a/x"});
}

TEST(Missed, ChangeThatWasTakenBackIsNotOwed) {
    TextRepository repository;
    const Commit last = repository.commit(two_images);
    const Commit before = repository.commit(two_images + Files{{"a/x", "1"}});
    EXPECT_EQ(words(repository.plan(before, last, last_at(last))), Words{"a: changed: a/x"})
        << "only because of the push itself";
    EXPECT_TRUE(repository.plan(last, last, last_at(last)).steps.empty());
}

TEST(Missed, LedgersWordsComeFirst) {
    TextRepository repository;
    const Commit last = repository.commit(two_images);
    const Commit now = repository.commit(two_images + Files{{"a/x", "1"}});
    PlanOptions options = last_at(last);
    options.owed = {owed_a};
    EXPECT_EQ(
        words(repository.plan(now, now, options)),
        Words{"a: owed since 2026-07-01T10:00:00Z: failed in build 7"}
    );
}

}  // namespace
}  // namespace slipway::plan
