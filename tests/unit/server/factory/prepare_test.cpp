#include "server/factory/prepare.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/object_id.hpp"
#include "server/config/config.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/factory/images_remote.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

const std::string main_ref = "refs/heads/main";
const std::string zeros(40, '0');

/// Plans of a remote whose first commit is `first_`.
class PlanBuild : public testing::Test {
protected:
    Result<Prepared> try_plan(const store::Build& build, const BranchDebts& debts = {}) {
        return plan_build(repository_, mirror(), planner_, build, debts);
    }

    store::PlanRecord plan(const store::Build& build, const BranchDebts& debts = {}) {
        auto prepared = try_plan(build, debts);
        if (!prepared) {
            throw std::runtime_error(prepared.error().message);
        }
        return std::move(prepared->record);
    }

    std::filesystem::path mirror() const { return folder_ / "mirror.git"; }

    static store::Build push(
        const std::string& before, const std::string& after, const std::string& ref = main_ref
    ) {
        store::Build build;
        build.id = BuildId{1};
        build.repository = "images";
        build.ref = ref;
        build.before = before;
        build.after = after;
        return build;
    }

    static store::Build request(Texts folders) {
        store::Build build = push("", "");
        build.trigger = store::Trigger::manual;
        build.folders = std::move(folders);
        return build;
    }

    /// The branch was planned up to there.
    static BranchDebts planned(const std::string& commit) {
        BranchDebts debts;
        debts.last = store::Branch{
            .repository = "images",
            .ref = main_ref,
            .commit = commit,
            .tree = "tree",
            .updated = test::ManualClock::start,
            .closed = {},
        };
        return debts;
    }

    static store::LedgerEntry owed(const std::string& folder, const std::string& moved = "") {
        store::LedgerEntry entry;
        entry.folder = folder;
        entry.owed = store::Owed{
            .since = test::ManualClock::start,
            .why = "failed in build 7",
            .commit = {},
            .tree = {},
            .build = BuildId{7},
            .moved = moved,
        };
        return entry;
    }

    /// `folder kind` of every reason of every step.
    static Texts reasons(const store::PlanRecord& record) {
        Texts texts;
        for (const store::Step& step : record.steps) {
            for (const auto& reason : nlohmann::json::parse(step.reasons)) {
                texts.push_back(step.folder + " " + reason.at("kind").get<std::string>());
            }
        }
        return texts;
    }

    /// The only reason of a step.
    static nlohmann::json reason(const store::Step& step) {
        const auto all = nlohmann::json::parse(step.reasons);
        return all.size() == 1 ? all.at(0) : all;
    }

    static config::Repository configured(const std::string& url) {
        config::Repository repository;
        repository.name = "images";
        repository.url = url;
        repository.registry = "r.example";
        return repository;
    }

    static Texts removed(const store::PlanRecord& record) {
        Texts texts;
        for (const auto& gone : record.removed) {
            texts.push_back(gone.folder + " " + gone.moved_to);
        }
        return texts;
    }

    ImagesRemote remote_;
    std::string first_ = remote_.commit();
    config::Repository repository_ = configured(remote_.path());
    test::TempFolder folder_;
    planning::Planner planner_{catalog_options(repository_), planning::CatalogCache({}, "", {})};
};

TEST_F(PlanBuild, FirstContactPlansWhatThePushChanged) {
    const std::string second = remote_.change({"base"});
    const store::PlanRecord record = plan(push(first_, second));
    EXPECT_EQ(reasons(record), (Texts{"base changed", "app base_rebuilt"}));
    EXPECT_EQ(record.before, first_);
    EXPECT_EQ(record.after, second);
    EXPECT_EQ(record.tree, remote_.id_of("HEAD^{tree}"));
    EXPECT_EQ(nlohmann::json::parse(record.plan).at("repository"), "images");
}

TEST_F(PlanBuild, FirstContactPlansAllWhereAsked) {
    repository_.adopt_build = true;
    const std::string second = remote_.change({"base"});
    EXPECT_EQ(
        reasons(plan(push(first_, second))),
        (Texts{"base added", "other added", "app added", "app base_rebuilt"})
    );
    EXPECT_EQ(
        reasons(plan(push(first_, second), planned(first_))),
        (Texts{"base changed", "app base_rebuilt"})
    ) << "only the first one";
}

TEST_F(PlanBuild, WhatWasPlannedAlreadyIsNotPlannedAgain) {
    const std::string second = remote_.change({"base"});
    const store::PlanRecord record = plan(push(first_, second), planned(second));
    EXPECT_TRUE(record.steps.empty());
    EXPECT_EQ(record.before, second);
    EXPECT_FALSE(record.tree.empty());
    BranchDebts debts = planned(second);
    debts.owed = {owed("base")};
    EXPECT_EQ(reasons(plan(push(first_, second), debts)), (Texts{"base owed", "app base_rebuilt"}));
}

TEST_F(PlanBuild, BranchThatWasOnlyAdoptedIsPlannedFromWhereThePushBegan) {
    const std::string second = remote_.change({"other"});
    BranchDebts debts = planned(second);
    debts.last->tree.clear();
    EXPECT_EQ(reasons(plan(push(first_, second), debts)), Texts{"other changed"});
}

TEST_F(PlanBuild, BranchThatWasGoneIsPlannedAnew) {
    const std::string second = remote_.change({"other"});
    BranchDebts debts = planned(second);
    debts.last->closed = test::ManualClock::start;
    EXPECT_EQ(reasons(plan(push(first_, second), debts)), Texts{"other changed"});
}

TEST_F(PlanBuild, PushWhoseWebhookWasLostIsOwed) {
    const std::string second = remote_.change({"app"});
    const std::string third = remote_.change({"other"});
    const store::PlanRecord record = plan(push(second, third), planned(first_));
    EXPECT_EQ(reasons(record), (Texts{"app owed", "other changed"}));
    EXPECT_EQ(
        reason(record.steps[0]).at("why"),
        "changed since " + first_.substr(0, 10) + " without a build"
    );
    EXPECT_EQ(reason(record.steps[0]).at("since"), "2026-11-22T18:06:00.000Z");
}

// A push that was superseded before it was planned is told by nothing else.
TEST_F(PlanBuild, WhatTheBranchHasIsPlannedWhereItsLastPlanIsGone) {
    const std::string second = remote_.change({"other"});
    const store::PlanRecord record = plan(push(first_, second), planned(std::string(40, 'e')));
    EXPECT_EQ(record.before, zeros);
    EXPECT_EQ(reasons(record), reasons(plan(push(zeros, second))));
}

TEST_F(PlanBuild, OwedFoldersAreBuiltToo) {
    const std::string second = remote_.change({"base"});
    BranchDebts debts = planned(first_);
    debts.owed = {owed("other"), owed("base")};
    const store::PlanRecord record = plan(push(first_, second), debts);
    EXPECT_EQ(reasons(record), (Texts{"base changed", "other owed", "app base_rebuilt"}));
    EXPECT_EQ(reason(record.steps[1]).at("why"), "failed in build 7");
    EXPECT_EQ(reason(record.steps[1]).at("since"), "2026-11-22T18:06:00.000Z");
}

TEST_F(PlanBuild, OwedFolderThatIsGoneOwesNothing) {
    remote_.remove("other");
    const std::string second = remote_.commit();
    BranchDebts debts = planned(first_);
    debts.owed = {owed("other"), owed("long/ago")};
    const store::PlanRecord record = plan(push(first_, second), debts);
    EXPECT_TRUE(record.steps.empty());
    EXPECT_EQ(removed(record), (Texts{"other ", "long/ago "}));
}

TEST_F(PlanBuild, FolderThatALostPushRemovedIsGoneToo) {
    remote_.remove("app");
    const std::string second = remote_.commit();
    const std::string third = remote_.change({"other"});
    EXPECT_EQ(removed(plan(push(second, third), planned(first_))), Texts{"app "});
}

TEST_F(PlanBuild, MovedFolderSaysWhereTo) {
    remote_.git({"mv", "other", "elsewhere"});
    const std::string second = remote_.commit();
    EXPECT_EQ(removed(plan(push(first_, second))), Texts{"other elsewhere"});
}

TEST_F(PlanBuild, BaseThatMovedIsTheReason) {
    BranchDebts debts = planned(first_);
    debts.owed = {
        owed("other", R"({"reference":"docker.io/library/x:1","from":"sha256:1","to":"sha256:2"})")
    };
    store::Build build = push(first_, first_);
    build.trigger = store::Trigger::reconcile;
    const store::PlanRecord record = plan(build, debts);
    ASSERT_EQ(reasons(record), Texts{"other base_moved"});
    EXPECT_EQ(reason(record.steps[0]).at("reference"), "docker.io/library/x:1");
    EXPECT_EQ(reason(record.steps[0]).at("from"), "sha256:1");
    EXPECT_EQ(reason(record.steps[0]).at("to"), "sha256:2");
}

TEST_F(PlanBuild, PushThatIsAnnouncedLateIsOvertaken) {
    const std::string second = remote_.change({"base"});
    const std::string third = remote_.change({"base"});
    const auto late = try_plan(push(first_, second), planned(third));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
    EXPECT_EQ(
        late.error().message, "superseded: " + main_ref + " was planned up to " + third + " already"
    );
}

TEST_F(PlanBuild, ResetToAnEarlierCommitIsNoLatePush) {
    const std::string second = remote_.change({"base"});
    const std::string third = remote_.change({"base"});
    plan(push(second, third), planned(second));  // from then on the mirror has it
    remote_.git({"reset", "--quiet", "--hard", second});
    const store::PlanRecord record = plan(push(third, second), planned(third));
    EXPECT_EQ(reasons(record), (Texts{"base changed", "app base_rebuilt"}));
    EXPECT_EQ(record.after, second);
}

TEST_F(PlanBuild, RequestLeavesTheBranchAsItIs) {
    remote_.change({"base"});
    BranchDebts debts = planned(first_);
    debts.owed = {owed("base"), owed("long/ago")};
    const store::PlanRecord record = plan(request({"other"}), debts);
    EXPECT_EQ(reasons(record), Texts{"other requested"});
    EXPECT_EQ(record.tree, "");
    EXPECT_EQ(record.after, remote_.id_of("HEAD")) << "the branch's tip";
    EXPECT_TRUE(record.keeps_ledger);
}

TEST_F(PlanBuild, RequestIsNeverLate) {
    const std::string second = remote_.change({"base"});
    store::Build build = request({"other"});
    build.after = first_;
    EXPECT_EQ(plan(build, planned(second)).after, first_);
}

TEST_F(PlanBuild, RequestForAFolderThatCanNotBeBuiltIsRefused) {
    const auto refused = try_plan(request({"nothing"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_TRUE(refused.error().message.contains("'nothing' can't be built"));
}

TEST_F(PlanBuild, ErrorsOfTheCommitAreWhyItsBuildFails) {
    remote_.write("other/manifest.yml", "image: other\n");
    const std::string second = remote_.change({"base"});
    const store::PlanRecord record = plan(push(first_, second));
    EXPECT_EQ(reasons(record), (Texts{"base changed", "app base_rebuilt"}));
    EXPECT_TRUE(record.error.starts_with("other/manifest.yml:1:1: ")) << record.error;
    EXPECT_EQ(plan(request({"base"})).error, "") << "other was not asked for";
    remote_.write("app/manifest.yml", "image: [\n");
    const std::string third = remote_.commit();
    EXPECT_TRUE(plan(push(second, third)).error.ends_with(" more errors of this commit)"));
}

TEST_F(PlanBuild, OnlyBranchesThatArePushedKeepALedger) {
    const std::string second = remote_.change({"base"});
    remote_.git({"branch", "topic"});
    remote_.git({"tag", "v1"});
    repository_.branches = {
        {.match = "main", .push = true, .tags = {"{version}"}},
        {.match = "*", .push = false, .tags = {"{version}"}},
        {.match = "refs/tags/*", .push = true, .tags = {"{version}"}},
    };
    const store::PlanRecord pushed = plan(push(first_, second));
    EXPECT_TRUE(pushed.keeps_ledger);
    EXPECT_TRUE(pushed.steps.at(0).push);
    const store::PlanRecord checked = plan(push(first_, second, "refs/heads/topic"));
    EXPECT_FALSE(checked.keeps_ledger);
    EXPECT_FALSE(checked.steps.at(0).push);
    const store::PlanRecord tag = plan(push(first_, second, "refs/tags/v1"));
    EXPECT_FALSE(tag.keeps_ledger);
    EXPECT_TRUE(tag.steps.at(0).push);
    EXPECT_EQ(tag.tree, "");
}

TEST_F(PlanBuild, CommitsWithoutABranchArePushedWhereTheDefaultBranchHasThem) {
    const std::string second = remote_.change({"base"});
    remote_.git({"checkout", "--quiet", "-b", "topic"});
    const std::string third = remote_.change({"base"});
    store::Build build = push(first_, second, "");
    build.trigger = store::Trigger::manual;
    remote_.git({"checkout", "--quiet", "main"});
    EXPECT_TRUE(plan(build).steps.at(0).push);
    EXPECT_FALSE(plan(build).keeps_ledger);
    build.after = third;
    EXPECT_FALSE(plan(build).steps.at(0).push);
}

TEST_F(PlanBuild, StepsHaveTheirFoldersTreesAndReferences) {
    repository_.branches = {{.match = "*", .push = true, .tags = {"{version}-{sha}"}}};
    const std::string second = remote_.change({"other"});
    const store::PlanRecord record = plan(push(first_, second));
    ASSERT_EQ(record.steps.size(), 1U);
    EXPECT_EQ(record.steps[0].tree, remote_.id_of("HEAD:other"));
    EXPECT_EQ(record.steps[0].references, Texts{"r.example/other:1-" + second.substr(0, 8)});
}

TEST_F(PlanBuild, WhatFollowsGoesAfterWhatPeopleChanged) {
    using P = store::StepPriority;
    store::Build build = push(first_, remote_.change({"base", "other"}));
    const auto priorities = [&](store::Trigger trigger) {
        build.trigger = trigger;
        std::vector<store::StepPriority> all;
        for (const store::Step& step : plan(build).steps) {
            all.push_back(step.priority);
        }
        return all;
    };
    using Priorities = std::vector<P>;
    EXPECT_EQ(priorities(store::Trigger::push), (Priorities{P::push, P::push, P::cascade}));
    EXPECT_EQ(priorities(store::Trigger::manual), (Priorities{P::manual, P::manual, P::manual}));
    EXPECT_EQ(
        priorities(store::Trigger::reconcile),
        (Priorities{P::reconcile, P::reconcile, P::reconcile})
    );
}

TEST_F(PlanBuild, ChangedImageOnAChangedOneIsNoCascade) {
    const std::string second = remote_.change({"base", "app"});
    const store::PlanRecord record = plan(push(first_, second));
    ASSERT_EQ(reasons(record), (Texts{"base changed", "app changed", "app base_rebuilt"}));
    EXPECT_EQ(record.steps[1].priority, store::StepPriority::push);
}

TEST_F(PlanBuild, CommitThatIsGoneIsSaid) {
    const auto gone = try_plan(push(first_, std::string(40, 'e')));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::not_found);
}

TEST_F(PlanBuild, BranchWithoutARuleIsRefused) {
    repository_.branches = {{.match = "release", .push = true, .tags = {"{version}"}}};
    const auto refused = try_plan(push(first_, remote_.change({"base"})));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
}

TEST_F(PlanBuild, Sha256IdsAreRefusedBeforeTheRemoteIsAsked) {
    repository_.url = "/no/such/folder";
    const auto refused = try_plan(push(std::string(64, 'a'), std::string(64, 'b')));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_TRUE(refused.error().message.contains("SHA-256"));
}

TEST_F(PlanBuild, BuildThatIsPlannedIsOpenedWithoutItsRemote) {
    const store::Build build = push(first_, remote_.change({"base"}));
    plan(build);
    const std::string url = std::exchange(repository_.url, "/no/such/folder");
    const auto source = open_build(repository_, mirror(), planner_, build);
    ASSERT_TRUE(source);
    EXPECT_EQ(to_string(source->commit.id), build.after);
    EXPECT_EQ(source->catalog.size(), 3U);

    repository_.url = url;
    const auto fetched = open_build(repository_, folder_ / "new.git", planner_, build);
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(to_string(fetched->commit.id), build.after);
}

}  // namespace
}  // namespace slipway::factory
