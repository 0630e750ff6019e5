#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace slipway::git {
namespace {

class MergeTest : public testing::Test {
protected:
    void SetUp() override {
        git("init -q -b main");
        commit("first", "base");
        git("checkout -q -b topic");
    }

    void git(const std::string& arguments) const {
        const std::string command =
            "git -C " + folder_.path().string() +
            " -c user.name=a -c user.email=a@example.com -c commit.gpgsign=false " + arguments +
            " >/dev/null 2>&1";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
    }

    void commit(const std::string& file, const std::string& text) const {
        std::ofstream(folder_.path() / file) << text;
        git("add -A");
        git("commit -q -m x");
    }

    /// For what no work tree holds. `$empty` is the empty tree; `commit TREE PARENT…` makes one.
    void script(const std::string& lines) const {
        const std::string file = folder_.path() / ".git/script";
        std::ofstream(file) << "set -eu\ncd " + folder_.path().string() + R"sh(
            export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
            empty=$(git mktree </dev/null)
            commit() { of=$1; shift; git commit-tree -m x "$of" $(printf ' -p %s' "$@"); }
        )sh" << lines;
        const std::string command = "sh " + file;
        ASSERT_EQ(std::system(command.c_str()), 0) << lines;  // NOLINT(concurrency-mt-unsafe)
    }

    [[nodiscard]] std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(folder_.path() / ".git")) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    Result<Merge> try_merge() {
        repository_ = Repository::open(folder_.path().string()).value();
        const Commit ours = repository_->resolve("main").value();
        const Commit theirs = repository_->resolve("topic").value();
        return repository_->merge(ours.id, theirs.id);
    }

    Merge merged() { return try_merge().value(); }

    std::vector<std::string> names_in(const model::ObjectId& tree) {
        std::vector<std::string> names;
        const std::vector<TreeEntry> entries = repository_->entries(tree).value();
        for (const TreeEntry& entry : entries) {
            names.push_back(entry.name);
        }
        return names;
    }

    test::TempFolder folder_;
    std::unique_ptr<Repository> repository_;
};

TEST_F(MergeTest, HasWhatBothSidesHaveAndWritesNothing) {
    commit("theirs", "t");
    git("checkout -q main");
    commit("ours", "o");
    const std::size_t before = files();
    const Merge merge = merged();
    EXPECT_EQ(merge.conflicts, std::vector<std::string>());
    EXPECT_EQ(names_in(merge.tree), (std::vector<std::string>{"first", "ours", "theirs"}));
    EXPECT_EQ(merged(), merge);
    EXPECT_EQ(files(), before);
    EXPECT_FALSE(Repository::open(folder_.path().string()).value()->entries(merge.tree));
}

TEST_F(MergeTest, NamesWhatBothSidesChanged) {
    commit("first", "theirs");
    git("checkout -q main");
    commit("first", "ours");
    const Merge merge = merged();
    EXPECT_EQ(merge.conflicts, std::vector<std::string>{"first"});
    EXPECT_TRUE(merge.tree.is_zero());
}

TEST_F(MergeTest, OfAnAncestorIsTheSameTree) {
    git("checkout -q main");
    commit("ours", "o");
    const Merge merge = merged();
    EXPECT_EQ(merge.tree, repository_->resolve("main").value().tree);
}

TEST_F(MergeTest, WantsCommits) {
    repository_ = Repository::open(folder_.path().string()).value();
    const Commit main = repository_->resolve("main").value();
    EXPECT_FALSE(repository_->merge(main.id, main.tree));
}

/// `$bomb`: a million files in seven trees.
const std::string make_bomb = R"sh(
    bomb=$(printf '100644 blob %s\tf\n' "$(printf x | git hash-object -w --stdin)" | git mktree)
    for level in 1 2 3 4 5 6; do
        bomb=$(for n in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\t%s\n' $bomb $n; done | git mktree)
    done
)sh";

const std::string cross = R"sh(
    a=$(commit $empty $base)
    b=$(commit start^{tree} $base)
    git update-ref refs/heads/main $(commit $empty $a $b)
    git update-ref refs/heads/topic $(commit $empty $b $a)
)sh";

TEST_F(MergeTest, OfMoreThanAMillionPathsIsRefused) {
    git("tag start");
    const std::string base = "base=$(commit $bomb start);";
    for (const std::string& history : {
             std::string("git update-ref refs/heads/topic $(commit $bomb start)"),
             std::string("git update-ref refs/heads/main $(commit $bomb start)"),
             base + "git update-ref refs/heads/main $(commit $empty $base);" +
                 "git update-ref refs/heads/topic $(commit start^{tree} $base)",
             base + cross,
         }) {
        SCOPED_TRACE(history);
        script("git update-ref refs/heads/main start; git update-ref refs/heads/topic start");
        script(make_bomb + history);
        const auto merge = try_merge();
        ASSERT_FALSE(merge);
        EXPECT_EQ(merge.error().code, ErrorCode::too_large);
        EXPECT_TRUE(merge.error().message.contains("a million paths")) << merge.error().message;
    }
}

TEST_F(MergeTest, HistoriesThatCrossAreMerged) {
    git("tag start");
    script("base=start" + cross);
    EXPECT_EQ(names_in(merged().tree), std::vector<std::string>());
}

// Each crossing has two bases, which are merged first.
TEST_F(MergeTest, HistoriesThatCrossTooOftenAreRefused) {
    git("tag start");
    script(R"sh(
        a=$(commit $empty start)
        b=$(commit start^{tree} start)
        for crossing in $(seq 20); do
            next=$(commit $empty $a $b)
            b=$(commit start^{tree} $b $a)
            a=$next
        done
        git update-ref refs/heads/main $a
        git update-ref refs/heads/topic $b
    )sh");
    const auto merge = try_merge();
    ASSERT_FALSE(merge);
    EXPECT_EQ(merge.error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace slipway::git
