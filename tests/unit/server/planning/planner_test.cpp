#include "server/planning/planner.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/memory_tree.hpp"
#include "core/git/range.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "server/planning/catalog_cache.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::planning {
namespace {

class PlannerTest : public testing::Test {
protected:
    CatalogCache cache(const std::string& name = "cache") const {
        return {name.empty() ? std::filesystem::path() : folder_ / name, "/srv", {}};
    }

    Planner planner(const std::string& name = "cache") const { return {{}, cache(name)}; }

    /// A tree with images `a` and `b`, of which only `a` differs by version.
    static model::ObjectId commit(git::MemoryTree& tree, const std::string& version) {
        return tree.add({
            {"a/manifest.yml", {.content = "image: a\nversion: " + version + "\n"}},
            {"a/Dockerfile", {.content = "FROM scratch\n"}},
            {"b/manifest.yml", {.content = "image: b\nversion: 1\n"}},
            {"b/Dockerfile", {.content = "FROM a:" + version + "\n"}},
        });
    }

    static std::size_t reads(const git::MemoryTree& tree) {
        return tree.trees_read + tree.blobs_read;
    }

    static std::string version(const Result<catalog::Catalog>& catalog) {
        return catalog.value().image(0).manifest.value().version;
    }

    test::TempFolder folder_;
    git::MemoryTree tree_;
};

TEST_F(PlannerTest, ReadsATreeOnce) {
    const auto root = commit(tree_, "1");
    Planner planner = this->planner("");
    EXPECT_EQ(version(planner.catalog_of(tree_, root)), "1");
    EXPECT_GT(reads(tree_), 0U);
    tree_.trees_read = tree_.blobs_read = 0;
    EXPECT_EQ(version(planner.catalog_of(tree_, root)), "1");
    EXPECT_EQ(reads(tree_), 0U);
}

TEST_F(PlannerTest, NextProcessReadsNothingAgain) {
    const auto root = commit(tree_, "1");
    EXPECT_TRUE(planner().catalog_of(tree_, root));
    git::MemoryTree nothing;
    EXPECT_EQ(version(planner().catalog_of(nothing, root)), "1");
    EXPECT_EQ(reads(nothing), 0U);
}

TEST_F(PlannerTest, WhatWasReadAsAWholeOutlivesAProcessThatIsKilled) {
    const auto root = commit(tree_, "1");
    Planner planner = this->planner();
    EXPECT_TRUE(planner.catalog_of(tree_, root));
    git::MemoryTree nothing;
    EXPECT_EQ(version(this->planner().catalog_of(nothing, root)), "1") << "before the other's end";
}

TEST_F(PlannerTest, NextTreeIsReadWhereItDiffers) {
    Planner planner = this->planner("");
    EXPECT_TRUE(planner.catalog_of(tree_, commit(tree_, "1")));
    const std::size_t whole = tree_.blobs_read;
    tree_.blobs_read = 0;
    const auto next = tree_.add({
        {"a/manifest.yml", {.content = "image: a\nversion: 2\n"}},
        {"a/Dockerfile", {.content = "FROM scratch\n"}},
        {"b/manifest.yml", {.content = "image: b\nversion: 1\n"}},
        {"b/Dockerfile", {.content = "FROM a:1\n"}},
    });
    EXPECT_EQ(version(planner.catalog_of(tree_, next)), "2");
    EXPECT_LT(tree_.blobs_read, whole);
    EXPECT_GT(tree_.blobs_read, 0U);
}

TEST_F(PlannerTest, NextProcessReadsOnlyWhatDiffersFromTheLatest) {
    EXPECT_TRUE(planner().catalog_of(tree_, commit(tree_, "1")));
    const std::size_t whole = tree_.trees_read;
    auto files = std::map<std::string, git::MemoryTree::File>{
        {"a/manifest.yml", {.content = "image: a\nversion: 1\n"}},
        {"a/Dockerfile", {.content = "FROM scratch\n"}},
        {"b/manifest.yml", {.content = "image: b\nversion: 1\n"}},
        {"b/Dockerfile", {.content = "FROM a:1\n"}},
        {"README", {.content = "new"}},
    };
    const auto next = tree_.add(files);
    tree_.trees_read = tree_.blobs_read = 0;
    EXPECT_EQ(planner().catalog_of(tree_, next).value().size(), 2U);
    EXPECT_EQ(tree_.blobs_read, 0U) << "no manifest changed";
    EXPECT_LT(tree_.trees_read, whole);
}

TEST_F(PlannerTest, KnownTreeThatIsGoneIsNoReasonToFail) {
    EXPECT_TRUE(planner().catalog_of(tree_, commit(tree_, "1")));
    git::MemoryTree pruned;
    const auto root = commit(pruned, "2");
    EXPECT_EQ(version(planner().catalog_of(pruned, root)), "2");
}

TEST_F(PlannerTest, TreeThatIsTooLargeIsReadOnce) {
    Planner planner = this->planner("");
    EXPECT_TRUE(planner.catalog_of(tree_, commit(tree_, "1")));
    std::string deep;
    for (int i = 0; i < 200; ++i) {
        deep += "d/";
    }
    const auto next = tree_.add({{deep + "file", {.content = ""}}});
    tree_.trees_read = 0;
    EXPECT_EQ(planner.catalog_of(tree_, next).error().code, ErrorCode::too_large);
    EXPECT_LT(tree_.trees_read, 200U);
}

TEST_F(PlannerTest, TreeThatIsGoneItselfIsAnError) {
    const auto root = commit(tree_, "1");
    git::MemoryTree nothing;
    const auto catalog = planner().catalog_of(nothing, root);
    ASSERT_FALSE(catalog);
    EXPECT_EQ(catalog.error().code, ErrorCode::not_found);
}

TEST_F(PlannerTest, NoTreeIsNoImages) {
    EXPECT_EQ(planner().catalog_of(tree_, {}).value().size(), 0U);
    EXPECT_EQ(reads(tree_), 0U);
}

TEST_F(PlannerTest, RemembersTheLastFourInMemory) {
    Planner planner = this->planner("");
    std::vector<model::ObjectId> roots;
    for (const std::string version : {"1", "2", "3", "4", "5"}) {
        roots.push_back(commit(tree_, version));
        EXPECT_TRUE(planner.catalog_of(tree_, roots.back()));
    }
    tree_.trees_read = tree_.blobs_read = 0;
    for (std::size_t i = 1; i < roots.size(); ++i) {
        EXPECT_TRUE(planner.catalog_of(tree_, roots[i]));
    }
    EXPECT_EQ(reads(tree_), 0U);
    EXPECT_EQ(version(planner.catalog_of(tree_, roots[0])), "1");
    EXPECT_GT(reads(tree_), 0U);
}

class PlannerOfRepository : public PlannerTest {
protected:
    PlannerOfRepository() {
        git({"init", "--quiet", "--initial-branch=main"});
        write("a/manifest.yml", "image: a\nversion: 1\n");
        write("a/Dockerfile", "FROM scratch\n");
        commit("one");
        write("b/manifest.yml", "image: b\nversion: 1\n");
        write("b/Dockerfile", "FROM a:1\n");
        commit("two");
    }

    std::string git(std::vector<std::string> words) const {
        const std::vector<std::string> always = {
            "git",
            "-C",
            repository_.path().string(),
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.com"
        };
        words.insert(words.begin(), always.begin(), always.end());
        return test::run(std::move(words));
    }

    void write(const std::string& path, std::string_view text) const {
        const auto file = repository_ / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    void commit(const std::string& message) const {
        git({"add", "."});
        git({"commit", "--quiet", "-m", message});
    }

    Result<Planned> plan(Planner& planner, const std::string& before, const std::string& after) {
        const auto repository = git::Repository::open(repository_.path().string()).value();
        git::RangeQuery query;
        query.before = before;
        query.after = after;
        return planner.plan(*repository, query, {});
    }

    test::TempFolder repository_;
};

TEST_F(PlannerOfRepository, FillsInWhatWasCompared) {
    Planner planner = this->planner();
    const Planned planned = plan(planner, "main~1", "main").value();
    EXPECT_EQ(planned.plan.before, git({"rev-parse", "main~1"}));
    EXPECT_EQ(planned.plan.after, git({"rev-parse", "main"}));
    EXPECT_EQ(planned.plan.base_commit, planned.plan.before);
    EXPECT_EQ(planned.plan.base_rule, "before");
    ASSERT_EQ(planned.plan.steps.size(), 1U);
    EXPECT_EQ(planned.plan.steps[0].folder, "b");
    EXPECT_EQ(planned.catalog.size(), 2U) << "of the commit that is built";
}

TEST_F(PlannerOfRepository, NothingBeforeHasNoBaseCommit) {
    Planner planner = this->planner();
    const Planned planned = plan(planner, std::string(40, '0'), "main").value();
    EXPECT_EQ(planned.plan.base_commit, "");
    EXPECT_EQ(planned.plan.base_rule, "empty");
    EXPECT_EQ(planned.plan.steps.size(), 2U);
}

TEST_F(PlannerOfRepository, PlanIsTheSameFromMemoryAndFromDisk) {
    model::ObjectId after;
    plan::Plan read;
    {
        Planner first = this->planner();
        const Planned planned = plan(first, "main~1", "main").value();
        after = planned.range.after.tree;
        read = planned.plan;
        EXPECT_EQ(plan(first, "main~1", "main").value().plan, read);
        EXPECT_FALSE(cache().load(after)) << "no plan of a push waits for the disk";
    }
    EXPECT_TRUE(cache().load(after));
    Planner second = this->planner();
    EXPECT_EQ(plan(second, "main~1", "main").value().plan, read);
}

TEST_F(PlannerOfRepository, RevisionThatIsNotThereIsAnError) {
    Planner planner = this->planner();
    const auto planned = plan(planner, "main", "nope");
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace slipway::planning
