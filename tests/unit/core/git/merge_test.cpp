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

    [[nodiscard]] std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(folder_.path() / ".git")) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    Merge merged() {
        repository_ = Repository::open(folder_.path().string()).value();
        const Commit ours = repository_->resolve("main").value();
        const Commit theirs = repository_->resolve("topic").value();
        return repository_->merge(ours.id, theirs.id).value();
    }

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

}  // namespace
}  // namespace slipway::git
