#include "core/plan/make_plan.hpp"

#include "core/base/source_error.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::plan {
namespace {

using test::folders;
using test::image;
using test::operator+;
using test::TextRepository;
using Folders = std::vector<std::string>;

std::vector<std::string> words(const Step& step) {
    std::vector<std::string> all;
    for (const Reason& reason : step.reasons) {
        all.push_back(in_words(reason));
    }
    return all;
}

TEST(MakePlan, EqualTreesNeedNothing) {
    TextRepository repository;
    const auto commit = repository.commit(image("base", "base", "scratch"));
    const Plan plan = repository.plan(commit, commit);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(plan.unchanged, 1U);
}

TEST(MakePlan, ChangedFileRebuildsItsFolderAndNamesThePath) {
    TextRepository repository;
    const auto files = image("a", "a", "scratch") + image("b", "b", "scratch");
    const auto before = repository.commit(files + test::Files{{"a/x.txt", "1"}});
    const auto after = repository.commit(files + test::Files{{"a/x.txt", "2"}});
    const Plan plan = repository.plan(before, after);
    ASSERT_EQ(folders(plan), Folders{"a"});
    EXPECT_EQ(words(plan.steps[0]), std::vector<std::string>{"changed: a/x.txt"});
    EXPECT_EQ(plan.unchanged, 1U);
}

TEST(MakePlan, FileOutsideAnyImageNeedsNothing) {
    TextRepository repository;
    const auto files = image("a", "a", "scratch");
    const auto before = repository.commit(files);
    const auto after =
        repository.commit(files + test::Files{{"README.md", "x"}, {"docs/a/x", "y"}});
    EXPECT_TRUE(repository.plan(before, after).steps.empty());
}

TEST(MakePlan, ModeChangeAloneCounts) {
    TextRepository repository;
    std::map<std::string, git::MemoryTree::File> files = {
        {"a/manifest.yml", {"image: a\nversion: 1\n"}},
        {"a/Dockerfile", {"FROM scratch\n"}},
        {"a/run", {"x"}}
    };
    const auto before = repository.commit_entries(files);
    files["a/run"].kind = git::EntryKind::executable;
    const auto after = repository.commit_entries(files);
    EXPECT_EQ(
        words(repository.plan(before, after).steps.at(0)),
        std::vector<std::string>{"changed: a/run"}
    );
}

TEST(MakePlan, RenameCountsOnBothSides) {
    TextRepository repository;
    const auto files = image("a", "a", "scratch") + image("b", "b", "scratch");
    const auto before = repository.commit(files + test::Files{{"a/x", "same"}});
    const auto after = repository.commit(files + test::Files{{"b/x", "same"}});
    EXPECT_EQ(folders(repository.plan(before, after)), (Folders{"a", "b"}));
}

TEST(MakePlan, NestedFolderChangesItselfAndTheFolderAround) {
    TextRepository repository;
    const auto files =
        image("outer", "outer", "scratch") + image("outer/inner", "inner", "scratch");
    const auto before = repository.commit(files);
    const auto after = repository.commit(files + test::Files{{"outer/inner/x", "1"}});
    EXPECT_EQ(folders(repository.plan(before, after)), (Folders{"outer", "outer/inner"}));
}

TEST(MakePlan, RootFolderIsShownAsADot) {
    TextRepository repository;
    const auto before = repository.commit({});
    const auto after = repository.commit(image(".", "root", "scratch"));
    EXPECT_EQ(folders(repository.plan(before, after)), Folders{"."});
}

TEST(MakePlan, NewFolderIsAdded) {
    TextRepository repository;
    const auto before = repository.commit({});
    const auto after = repository.commit(image("a", "a", "scratch"));
    EXPECT_EQ(
        words(repository.plan(before, after).steps.at(0)), std::vector<std::string>{"new image"}
    );
}

TEST(MakePlan, RemovedFolderIsNeverBuilt) {
    TextRepository repository;
    const auto before = repository.commit(image("old", "old", "scratch"));
    const auto after = repository.commit({});
    const Plan plan = repository.plan(before, after);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(plan.removed, (std::vector<Removed>{{"old", "old:1", ""}}));
}

TEST(MakePlan, SameNameInAnotherFolderIsAMove) {
    TextRepository repository;
    const auto before = repository.commit(image("old", "app", "scratch"));
    const auto after = repository.commit(image("new", "app", "scratch"));
    const Plan plan = repository.plan(before, after);
    EXPECT_EQ(folders(plan), Folders{"new"});
    EXPECT_EQ(plan.removed, (std::vector<Removed>{{"old", "app:1", "new"}}));
}

TEST(MakePlan, DependentsFollowTransitivelyInOrder) {
    TextRepository repository;
    const auto files = image("z-base", "base", "scratch") + image("mid", "mid", "base:1") +
                       image("a-leaf", "leaf", "mid:1");
    const auto before = repository.commit(files);
    const auto after = repository.commit(files + test::Files{{"z-base/x", "1"}});
    const Plan plan = repository.plan(before, after);
    ASSERT_EQ(folders(plan), (Folders{"z-base", "mid", "a-leaf"}));
    EXPECT_EQ(plan.steps[2].level, 2U);
    EXPECT_EQ(plan.steps[2].needs, Folders{"mid"});
    EXPECT_EQ(words(plan.steps[2]), std::vector<std::string>{"built on mid"});
}

TEST(MakePlan, ParentByFurtherTagIsAnEdgeAndByOtherTagIsNot) {
    TextRepository repository;
    const auto files = image("base", "base", "scratch", "tags: [latest]\n") +
                       image("a", "a", "base") + image("b", "b", "base:2");
    const auto before = repository.commit(files);
    const auto after = repository.commit(files + test::Files{{"base/x", "1"}});
    EXPECT_EQ(folders(repository.plan(before, after)), (Folders{"base", "a"}));
}

TEST(MakePlan, ParentByDigestIsNoEdge) {
    TextRepository repository;
    const std::string digest = "base:1@sha256:" + std::string(64, 'a');
    const auto files = image("base", "base", "scratch") + image("a", "a", digest);
    const auto before = repository.commit(files);
    const auto after = repository.commit(files + test::Files{{"base/x", "1"}});
    EXPECT_EQ(folders(repository.plan(before, after)), Folders{"base"});
}

TEST(MakePlan, RegistryOfTheRepositoryMakesTheEdge) {
    TextRepository repository;
    repository.options.default_registry = "registry.example:5000/team";
    const auto files = image("base", "base", "scratch") +
                       image("a", "a", "registry.example:5000/team/base:1") +
                       image("b", "b", "base:1");
    const auto before = repository.commit(files);
    const auto after = repository.commit(files + test::Files{{"base/x", "1"}});
    EXPECT_EQ(folders(repository.plan(before, after)), (Folders{"base", "a"}));
}

TEST(MakePlan, WatchedFileOutsideCountsLikeTheFolder) {
    TextRepository repository;
    const auto files =
        image("a", "a", "scratch", "watch: [/shared/**]\n") + image("b", "b", "scratch");
    const auto before = repository.commit(files + test::Files{{"shared/lib/x", "1"}});
    const auto after = repository.commit(files + test::Files{{"shared/lib/x", "2"}});
    const Plan plan = repository.plan(before, after);
    ASSERT_EQ(folders(plan), Folders{"a"});
    EXPECT_EQ(words(plan.steps[0]), std::vector<std::string>{"watched file changed: shared/lib/x"});
}

TEST(MakePlan, DeletedWatchedFileCounts) {
    TextRepository repository;
    const auto files = image("a", "a", "scratch", "watch: [/shared/x]\n");
    const auto before = repository.commit(files + test::Files{{"shared/x", "1"}});
    EXPECT_EQ(folders(repository.plan(before, repository.commit(files))), Folders{"a"});
}

TEST(MakePlan, CycleIsAnAnswerAndOthersAreBuilt) {
    TextRepository repository;
    const auto files = image("a", "a", "b:1") + image("b", "b", "a:1") + image("c", "c", "a:1") +
                       image("d", "d", "scratch");
    const auto before = repository.commit({});
    const auto after = repository.commit(files);
    const Plan plan = repository.plan(before, after);
    EXPECT_EQ(folders(plan), (Folders{"c", "d"}));
    ASSERT_EQ(plan.errors.size(), 2U);
    EXPECT_EQ(
        to_string(plan.errors[0]),
        "a/Dockerfile:1:1: built on itself: a → b → a; none of them is built"
    );
    EXPECT_EQ(
        to_string(plan.errors[1]),
        "b/Dockerfile:1:1: built on itself: b → a → b; none of them is built"
    );
}

TEST(MakePlan, ImageOnItsOwnNameIsNoCycle) {
    TextRepository repository;
    const auto before = repository.commit({});
    EXPECT_EQ(
        folders(repository.plan(before, repository.commit(image("a", "a", "a:1")))), Folders{"a"}
    );
}

TEST(MakePlan, BadManifestHidesNoOtherImage) {
    TextRepository repository;
    const auto before = repository.commit({});
    const auto after = repository.commit(
        image("good", "good", "scratch") +
        test::Files{{"bad/manifest.yml", "imaeg: x\nversion: 1\n"}}
    );
    const Plan plan = repository.plan(before, after);
    EXPECT_EQ(folders(plan), Folders{"good"});
    ASSERT_FALSE(plan.errors.empty());
    EXPECT_EQ(plan.errors[0].path, "bad/manifest.yml");
    EXPECT_EQ(plan.unchanged, 0U);
}

TEST(MakePlan, MissingDockerfileIsAnErrorOfTheManifest) {
    TextRepository repository;
    const auto after = repository.commit(
        {{"a/manifest.yml", "image: a\nversion: 1\ndockerfile: build/Dockerfile\n"}}
    );
    const Plan plan = repository.plan(repository.commit({}), after);
    ASSERT_EQ(plan.errors.size(), 1U);
    EXPECT_EQ(
        to_string(plan.errors[0]),
        "a/manifest.yml:3:13: the Dockerfile 'build/Dockerfile' does not exist in the folder"
    );
}

TEST(MakePlan, TwoFoldersWithOneReferenceAreBothRefused) {
    TextRepository repository;
    const auto after = repository.commit(
        image("a", "same", "scratch") + image("b", "same", "scratch") + image("c", "c", "same:1")
    );
    const Plan plan = repository.plan(repository.commit({}), after);
    EXPECT_EQ(folders(plan), Folders{"c"});
    ASSERT_EQ(plan.errors.size(), 2U);
    EXPECT_EQ(plan.errors[0].path, "a/manifest.yml");
    EXPECT_EQ(plan.errors[0].line, 1);
    EXPECT_EQ(plan.errors[0].column, 8);
    EXPECT_NE(plan.errors[0].message.find("also claimed by b/manifest.yml"), std::string::npos);
}

TEST(MakePlan, RegistryThatIsNotAllowedIsAnError) {
    TextRepository repository;
    repository.options.allowed_registries = {"registry.example"};
    const auto after = repository.commit(
        image("a", "a", "scratch", "registry: evil.example\n") +
        image("b", "b", "scratch", "registry: registry.example\n")
    );
    const Plan plan = repository.plan(repository.commit({}), after);
    EXPECT_EQ(folders(plan), Folders{"b"});
    EXPECT_EQ(plan.errors.size(), 1U);
}

TEST(MakePlan, FoldersOutsideTheRootsAreNotLookedAt) {
    TextRepository repository;
    repository.options.roots = {"images"};
    const auto after = repository.commit(
        image("images/a", "a", "scratch") + image("other/b", "b", "scratch") +
        image("images2/c", "c", "scratch")
    );
    EXPECT_EQ(folders(repository.plan(repository.commit({}), after)), Folders{"images/a"});
}

TEST(MakePlan, RequestedFoldersBringTheirDependents) {
    TextRepository repository;
    const auto commit = repository.commit(
        image("base", "base", "scratch") + image("a", "a", "base:1") + image("b", "b", "scratch")
    );
    const Plan plan = repository.plan(
        commit, commit, {.folders = {"base", "nowhere"}, .tag_templates = {"{version}"}}
    );
    EXPECT_EQ(folders(plan), (Folders{"base", "a"}));
    EXPECT_EQ(words(plan.steps[0]), std::vector<std::string>{"requested"});
    EXPECT_EQ(plan.errors.size(), 1U);
}

TEST(MakePlan, TagsOfThePolicyComeBeforeThoseOfTheManifest) {
    TextRepository repository;
    const auto after = repository.commit(image("a", "a", "scratch", "tags: [latest, \"1\"]\n"));
    const Plan plan = repository.plan(
        repository.commit({}),
        after,
        {.folders = {}, .tag_templates = {"{version}", "{version}-abc"}}
    );
    EXPECT_EQ(
        plan.steps.at(0).references, (std::vector<std::string>{"a:1", "a:1-abc", "a:latest"})
    );
}

TEST(MakePlan, ManyPathsAreCutAndCounted) {
    TextRepository repository;
    auto files = image("a", "a", "scratch");
    const auto before = repository.commit(files);
    for (int i = 0; i < 100; ++i) {
        files["a/f" + std::to_string(i)] = "x";
    }
    const Reason reason =
        repository.plan(before, repository.commit(files)).steps.at(0).reasons.at(0);
    EXPECT_EQ(reason.paths.size(), 20U);
    EXPECT_EQ(reason.more_paths, 80U);
}

}  // namespace
}  // namespace slipway::plan
