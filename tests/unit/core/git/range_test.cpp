#include "core/git/range.hpp"

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace slipway::git {
namespace {

const std::string zeros(40, '0');

/// A real repository: `main` with commits m1, m2, m3 (tags of the same names), `topic` that left
/// main at m2 with t1, `orphan` with o1.
class RangeTest : public testing::Test {
protected:
    void SetUp() override {
        git("init -q -b main");
        commit("m1");
        commit("m2");
        git("checkout -q -b topic");
        commit("t1");
        git("checkout -q main");
        commit("m3");
        git("checkout -q --orphan orphan");
        commit("o1");
        git("checkout -q main");
        git("tag -a annotated -m x m2");
        repository_ = Repository::open(folder_.path().string()).value();
    }

    void git(const std::string& arguments) const {
        const std::string command =
            "git -C " + folder_.path().string() +
            " -c user.name=a -c user.email=a@example.com -c commit.gpgsign=false " + arguments +
            " >/dev/null 2>&1";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
    }

    void commit(const std::string& name) const {
        std::ofstream(folder_.path() / name) << name;
        git("add -A");
        git("commit -q -m " + name);
        git("tag " + name);
    }

    std::string id(const std::string& revision) const {
        return to_string(repository_->resolve(revision).value().id);
    }

    Result<Range> range(
        const std::string& before, const std::string& after, std::optional<bool> on_default = {}
    ) const {
        RangeQuery query;
        query.before = before;
        query.after = after;
        query.on_default_branch = on_default;
        return resolve_range(*repository_, query);
    }

    test::TempFolder folder_;
    std::unique_ptr<Repository> repository_;
};

TEST_F(RangeTest, BothEndsAreResolved) {
    const Range found = range("main~1", "main").value();
    EXPECT_EQ(found.rule, BaseRule::before);
    EXPECT_EQ(to_string(found.base), id("m2"));
    EXPECT_EQ(found.before, id("m2"));
    EXPECT_EQ(to_string(found.after.id), id("m3"));
}

TEST_F(RangeTest, AnnotatedTagsArePeeled) {
    EXPECT_EQ(to_string(range("annotated", "main").value().base), id("m2"));
    EXPECT_EQ(to_string(range("m1", "annotated").value().after.id), id("m2"));
}

TEST_F(RangeTest, ZerosOnABranchMeanWhereItLeftTheDefaultBranch) {
    const Range found = range(zeros, "topic").value();
    EXPECT_EQ(found.rule, BaseRule::merge_base);
    EXPECT_EQ(to_string(found.base), id("m2"));
    EXPECT_EQ(found.before, zeros);
}

TEST_F(RangeTest, SixtyFourZerosAreZerosToo) {
    EXPECT_EQ(range(std::string(64, '0'), "topic").value().rule, BaseRule::merge_base);
}

TEST_F(RangeTest, ZerosOnTheDefaultBranchMeanEverything) {
    const Range found = range(zeros, "main").value();
    EXPECT_EQ(found.rule, BaseRule::empty);
    EXPECT_TRUE(found.base_tree.is_zero());
    EXPECT_EQ(range(zeros, "m2", true).value().rule, BaseRule::empty);
}

TEST_F(RangeTest, NewBranchAtAnOldCommitOfTheDefaultBranchAddsNothing) {
    const Range found = range(zeros, "m2", false).value();
    EXPECT_EQ(found.rule, BaseRule::merge_base);
    EXPECT_EQ(found.base, found.after.id);
}

TEST_F(RangeTest, NoMergeBaseMeansEverything) {
    EXPECT_EQ(range(zeros, "orphan").value().rule, BaseRule::empty);
}

TEST_F(RangeTest, BeforeThatIsGoneFallsBackAndIsKept) {
    const std::string gone(40, 'a');
    const Range found = range(gone, "topic").value();
    EXPECT_EQ(found.rule, BaseRule::merge_base);
    EXPECT_EQ(found.before, gone);
}

TEST_F(RangeTest, BeforeThatIsNoCommitIsAnError) {
    const auto found = range("main:m1", "main");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::invalid);
    EXPECT_EQ(found.error().message, "before: resolving 'main:m1': it is a blob, not a commit");
}

TEST_F(RangeTest, NameThatIsNotThereIsAnError) {
    EXPECT_EQ(range("nowhere", "main").error().code, ErrorCode::not_found);
    EXPECT_EQ(range("main", "nowhere").error().code, ErrorCode::not_found);
}

TEST_F(RangeTest, Sha256IdIsRefusedInWords) {
    const auto found = range("main", std::string(64, 'a'));
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find("SHA-256 repository"), std::string::npos);
}

TEST_F(RangeTest, OpeningNoRepositoryIsNotFound) {
    const test::TempFolder empty;
    EXPECT_EQ(Repository::open(empty.path().string()).error().code, ErrorCode::not_found);
}

TEST_F(RangeTest, Sha256RepositoryIsRefusedInWords) {
    const test::TempFolder other;
    const std::string command =
        "git init -q --object-format=sha256 " + other.path().string() + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
    const auto opened = Repository::open(other.path().string());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("SHA-256"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace slipway::git
