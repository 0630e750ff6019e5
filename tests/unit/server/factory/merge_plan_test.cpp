#include "server/factory/merge_plan.hpp"

#include "core/base/result.hpp"
#include "core/plan/plan.hpp"
#include "server/config/config.hpp"
#include "server/factory/prepare.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/factory/images_remote.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

/// A branch `topic` that leaves main at its first commit and is checked out.
class PlanMerge : public testing::Test {
protected:
    PlanMerge() {
        remote_.commit();
        remote_.git({"checkout", "--quiet", "-b", "topic"});
    }

    Result<MergePlan> try_plan(const std::string& commit, const std::string& target = "main") {
        return plan_merge(
            repository_,
            folder_ / "mirror.git",
            planner_,
            {.commit = commit, .target_branch = target}
        );
    }

    static Texts folders_of(const MergePlan& plan) {
        Texts folders;
        for (const plan::Step& step : plan.plan.steps) {
            folders.push_back(step.folder);
        }
        return folders;
    }

    config::Repository repository() const {
        config::Repository repository;
        repository.name = "images";
        repository.url = remote_.path();
        repository.registry = "r.example";
        repository.branches = {{.match = "main", .push = true, .tags = {"{version}"}}};
        return repository;
    }

    ImagesRemote remote_;
    slipway::test::TempFolder folder_;
    config::Repository repository_ = repository();
    planning::Planner planner_{
        catalog_options(repository_),
        planning::CatalogCache(folder_ / "catalogs", "images", catalog_options(repository_))
    };
};

TEST_F(PlanMerge, IsOfWhatTheBranchChanges) {
    const std::string commit = remote_.change({"base"});
    const MergePlan plan = try_plan(commit).value();
    EXPECT_EQ(folders_of(plan), (Texts{"base", "app"}));
    EXPECT_EQ(plan.commit, commit);
    EXPECT_EQ(plan.target_commit, remote_.id_of("main"));
    EXPECT_EQ(plan.target_branch, "main");
    EXPECT_TRUE(plan.is_pushed);
    EXPECT_EQ(plan.plan.steps[0].references, Texts{"r.example/base:1"});
}

TEST_F(PlanMerge, IsNotOfWhatTheTargetGotMeanwhile) {
    const std::string commit = remote_.change({"app"});
    remote_.git({"checkout", "--quiet", "main"});
    remote_.change({"other"});
    EXPECT_EQ(folders_of(try_plan(commit).value()), Texts{"app"});
}

TEST_F(PlanMerge, SaysWhatIsInConflict) {
    remote_.write("app/file", "theirs");
    const std::string commit = remote_.commit();
    remote_.git({"checkout", "--quiet", "main"});
    remote_.write("app/file", "ours");
    remote_.commit();
    const MergePlan plan = try_plan(commit).value();
    EXPECT_EQ(plan.conflicts, Texts{"app/file"});
    EXPECT_EQ(folders_of(plan), Texts());
}

TEST_F(PlanMerge, WantsABranchThatIsBuiltAndACommitThatIsThere) {
    const std::string commit = remote_.change({"app"});
    EXPECT_EQ(try_plan(commit, "topic").error().code, ErrorCode::invalid);
    EXPECT_EQ(try_plan(std::string(40, 'a')).error().code, ErrorCode::not_found);
    EXPECT_EQ(try_plan("main").error().code, ErrorCode::invalid);
    repository_.url += "-gone";
    EXPECT_EQ(try_plan(commit).error().code, ErrorCode::failed);
}

}  // namespace
}  // namespace slipway::factory
