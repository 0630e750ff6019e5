#include "server/mirror/mirror.hpp"

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/mirror/origin.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace slipway::mirror {
namespace {

using test::Mirror;
using test::Origin;

Remote local(const Origin& origin) {
    return {.url = "file://" + origin.path()};
}

std::string message_of(const Result<void>& result) {
    return result ? "" : result.error().message;
}

TEST(Refresh, ClonesAllBranchesAndTags) {
    Origin origin;
    const Mirror mirror;
    const auto first = origin.commit("main", "one");
    const auto second = origin.commit("feature/x", "two", to_string(first));
    origin.in({"tag", "light", to_string(first)});
    origin.in({"tag", "-a", "v1", "-m", "first", to_string(first)});
    const std::string tag = origin.in({"rev-parse", "v1"});

    const auto done = refresh(mirror.folder(), local(origin), {});

    ASSERT_TRUE(done) << message_of(done);
    EXPECT_EQ(
        mirror.references(),
        "refs/heads/feature/x " + to_string(second) + "\nrefs/heads/main " + to_string(first) +
            "\nrefs/tags/light " + to_string(first) + "\nrefs/tags/v1 " + tag
    );
    EXPECT_EQ(mirror.git({"fsck", "--full"}), "");
    EXPECT_FALSE(std::filesystem::exists(mirror.folder().string() + ".new"));
}

TEST(Refresh, TakesAPlainPath) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), {.url = origin.path()}, {}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, TakesOverTheDefaultBranch) {
    Origin origin;
    const Mirror mirror;
    origin.commit("main", "one");
    origin.commit("trunk", "two");
    origin.in({"symbolic-ref", "HEAD", "refs/heads/trunk"});
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.git({"symbolic-ref", "HEAD"}), "refs/heads/trunk");

    origin.in({"symbolic-ref", "HEAD", "refs/heads/main"});
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.git({"symbolic-ref", "HEAD"}), "refs/heads/main");
}

TEST(Refresh, BringsNewCommits) {
    Origin origin;
    const Mirror mirror;
    const auto first = origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    const auto second = origin.commit("main", "two", to_string(first));
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(second));
    EXPECT_EQ(mirror.git({"show", "main:file"}), "two");
}

TEST(Refresh, FollowsAForcedPushAndKeepsTheOldCommit) {
    Origin origin;
    const Mirror mirror;
    const auto old_tip = origin.commit("main", "old");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    const auto new_tip = origin.commit("main", "new");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {old_tip}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(new_tip));
    EXPECT_TRUE(mirror.has(old_tip));
}

TEST(Refresh, MovesATag) {
    Origin origin;
    const Mirror mirror;
    const auto first = origin.commit("main", "one");
    origin.in({"tag", "latest", to_string(first)});
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    const auto second = origin.commit("main", "two", to_string(first));
    origin.in({"tag", "--force", "latest", to_string(second)});
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.git({"rev-parse", "latest"}), to_string(second));
}

TEST(Refresh, PrunesDeletedBranchesAndTags) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    origin.commit("gone", "two");
    origin.in({"tag", "gone", to_string(tip)});
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    origin.in({"update-ref", "-d", "refs/heads/gone"});
    origin.in({"tag", "-d", "gone"});
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, PutsABranchInThePlaceOfOneThatWasAFolderOfIt) {
    Origin origin;
    const Mirror mirror;
    origin.commit("main", "one");
    origin.commit("a", "two");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    origin.in({"update-ref", "-d", "refs/heads/a"});
    const auto below = origin.commit("a/b", "three");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.git({"rev-parse", "refs/heads/a/b"}), to_string(below));
}

TEST(Refresh, MirrorsAnEmptyRepository) {
    Origin origin;
    const Mirror mirror;
    const auto done = refresh(mirror.folder(), local(origin), {});
    ASSERT_TRUE(done) << message_of(done);
    EXPECT_EQ(mirror.references(), "");

    const auto tip = origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, IsContentWithAWantedCommitThatALocalRemoteHasNot) {
    Origin origin;
    const Mirror mirror;
    origin.commit("main", "one");
    const auto nowhere = *model::parse_object_id("1234567890123456789012345678901234567890");
    const auto done = refresh(mirror.folder(), local(origin), {nowhere, model::ObjectId{}});
    EXPECT_TRUE(done) << message_of(done);
    EXPECT_FALSE(mirror.has(nowhere));
}

TEST(Refresh, SaysThatALocalRepositoryIsNotThere) {
    const Mirror mirror;
    const auto done = refresh(mirror.folder(), {.url = "file:///no/such/folder.git"}, {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::not_found);
    EXPECT_TRUE(done.error().message.contains("/no/such/folder.git")) << done.error().message;
    EXPECT_FALSE(std::filesystem::exists(mirror.folder()));
}

TEST(Refresh, SaysThatALocalFolderIsNoRepository) {
    const Mirror mirror;
    const slipway::test::TempFolder folder;
    const auto done = refresh(mirror.folder(), {.url = folder.path()}, {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::not_found) << done.error().message;
}

TEST(Refresh, RefusesOtherSchemesWithoutShowingCredentials) {
    const Mirror mirror;
    for (const std::string url :
         {"ftp://me:hunter2@example.com/x",
          "git://hunter2@example.com/x",
          "ext::sh -c hunter2://",
          ""}) {
        const auto done = refresh(mirror.folder(), {.url = url}, {});
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::invalid) << done.error().message;
        if (url.contains('@')) {
            EXPECT_FALSE(done.error().message.contains("hunter2")) << done.error().message;
        }
    }
}

TEST(Refresh, RemakesAFolderThatIsNoRepository) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    std::filesystem::create_directories(mirror.folder() / "objects");
    std::ofstream(mirror.folder() / "HEAD") << "garbage";
    const auto done = refresh(mirror.folder(), local(origin), {});
    ASSERT_TRUE(done) << message_of(done);
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, DoesNotTakeARepositoryAboveForTheMirror) {
    Origin origin;
    Origin above;
    const auto tip = origin.commit("main", "one");
    const auto untouched = above.commit("main", "above");
    const std::filesystem::path folder = above.path() + "/mirror.git";
    std::filesystem::create_directories(folder);
    ASSERT_TRUE(refresh(folder, local(origin), {}));
    EXPECT_EQ(above.in({"rev-parse", "main"}), to_string(untouched));
    EXPECT_EQ(slipway::test::run({"git", "-C", folder, "rev-parse", "main"}), to_string(tip));
}

TEST(Refresh, RemakesADamagedMirror) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    std::ofstream(mirror.folder() / "refs/heads/main") << "";  // as a power cut leaves it
    const auto done = refresh(mirror.folder(), local(origin), {});
    ASSERT_TRUE(done) << message_of(done);
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, NeverUsesAHalfMadeMirror) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    std::filesystem::create_directories(mirror.folder().string() + ".new/refs/heads");
    std::ofstream(mirror.folder().string() + ".new/HEAD") << "half";
    const auto done = refresh(mirror.folder(), local(origin), {});
    ASSERT_TRUE(done) << message_of(done);
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
    EXPECT_FALSE(std::filesystem::exists(mirror.folder().string() + ".new"));
}

TEST(Refresh, LeavesNothingBehindAFailedClone) {
    const Mirror mirror;
    const slipway::test::TempFolder no_repository;
    ASSERT_FALSE(refresh(mirror.folder(), {.url = no_repository.path()}, {}));
    EXPECT_TRUE(std::filesystem::is_empty(mirror.folder().parent_path()));
}

TEST(Refresh, KeepsTheMirrorWhileTheRemoteIsAway) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_FALSE(refresh(mirror.folder(), {.url = "http://127.0.0.1:1/x.git"}, {}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, GoesToTheConfiguredAddressWhateverGitIsConfiguredTo) {
    Origin origin;
    const Mirror mirror;
    origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    mirror.git({"config", "url.file:///elsewhere/.insteadOf", "file://"});
    const auto done = refresh(mirror.folder(), local(origin), {});
    EXPECT_TRUE(done) << message_of(done);
}

/// 20 refreshes while another thread reads.
void refresh_while_read(FetchLimits limits) {
    Origin origin;
    const Mirror mirror;
    auto tip = origin.commit("main", "0");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    std::atomic<bool> is_over = false;
    std::atomic<int> reads = 0;
    std::atomic<int> failures = 0;
    std::jthread reader([&] {
        while (!is_over) {
            auto repository = git::Repository::open(mirror.folder());
            const bool is_read =
                repository && (*repository)->resolve("refs/heads/main").has_value();
            ++(is_read ? reads : failures);
        }
    });
    for (int i = 1; i <= 20; ++i) {
        tip = origin.commit("main", std::to_string(i), to_string(tip));
        EXPECT_TRUE(refresh(mirror.folder(), local(origin), {}, limits));
    }
    is_over = true;
    reader.join();
    EXPECT_GT(reads, 0);
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, LetsOthersReadMeanwhile) {
    refresh_while_read({});
}

TEST(Refresh, LetsOthersReadWhileItIsMadeAnew) {
    refresh_while_read({.packs = 0});
}

int packs_of(const Mirror& mirror) {
    int packs = 0;
    for (const auto& file : std::filesystem::directory_iterator(mirror.folder() / "objects/pack")) {
        packs += file.path().extension() == ".pack" ? 1 : 0;
    }
    return packs;
}

TEST(Refresh, MakesAMirrorOfManyPacksAnew) {
    Origin origin;
    const Mirror mirror;
    auto tip = origin.commit("main", "0");
    std::vector<int> packs;
    for (int i = 1; i <= 6; ++i) {
        ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}, {.packs = 3}));
        packs.push_back(packs_of(mirror));
        EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
        tip = origin.commit("main", std::to_string(i), to_string(tip));
    }
    EXPECT_EQ(packs, (std::vector<int>{1, 2, 3, 4, 1, 2}));
    EXPECT_EQ(mirror.git({"fsck", "--full"}), "");
    EXPECT_FALSE(std::filesystem::exists(mirror.folder().string() + ".new"));
}

TEST(Refresh, KeepsAMirrorOfManyPacksWhileTheRemoteIsAway) {
    Origin origin;
    const Mirror mirror;
    const auto tip = origin.commit("main", "one");
    ASSERT_TRUE(refresh(mirror.folder(), local(origin), {}));
    EXPECT_FALSE(refresh(mirror.folder(), {.url = "http://127.0.0.1:1/x.git"}, {}, {.packs = 0}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(Refresh, GivesUpALocalCloneWhenItsTimeIsOver) {
    Origin origin;
    const Mirror mirror;
    origin.commit("main", "one");
    const auto done =
        refresh(mirror.folder(), local(origin), {}, {.total = std::chrono::seconds(0)});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::unavailable) << done.error().message;
    EXPECT_FALSE(std::filesystem::exists(mirror.folder()));
}

TEST(ListBranches, NamesBranchesOnlyAndFetchesNothing) {
    Origin origin;
    const auto first = origin.commit("main", "one");
    const auto second = origin.commit("b", "two");
    origin.in({"tag", "v1", to_string(first)});
    const auto branches = list_branches(local(origin));
    ASSERT_TRUE(branches);
    const std::map<std::string, model::ObjectId> expected = {
        {"refs/heads/b", second}, {"refs/heads/main", first}
    };
    EXPECT_EQ(*branches, expected);
}

TEST(ListBranches, OfAnEmptyRepositoryIsEmpty) {
    const Origin origin;
    const auto branches = list_branches(local(origin));
    ASSERT_TRUE(branches) << branches.error().message;
    EXPECT_TRUE(branches->empty());
}

TEST(ListBranches, SaysThatARepositoryIsNotThere) {
    const auto branches = list_branches({.url = "/no/such/folder"});
    ASSERT_FALSE(branches);
    EXPECT_EQ(branches.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace slipway::mirror
