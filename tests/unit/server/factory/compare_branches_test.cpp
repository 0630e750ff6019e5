#include "server/factory/compare_branches.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/model/object_id.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

const std::string zeros(40, '0');
const std::string a(40, 'a');
const std::string b(40, 'b');
const std::string c(40, 'c');
const store::Time now{std::chrono::hours(1)};

class CompareBranches : public testing::Test {
protected:
    void remote_has(const std::string& ref, const std::string& tip) {
        sight_.tips[ref] = model::parse_object_id(tip).value();
    }

    void planned_up_to(const std::string& ref, const std::string& commit, bool is_closed = false) {
        store::Branch branch;
        branch.repository = "images";
        branch.ref = ref;
        branch.commit = commit;
        branch.tree = "tree";
        if (is_closed) {
            branch.closed = store::Time{};
        }
        sight_.before.push_back(branch);
        sight_.now.push_back(branch);
    }

    store::Build& has_build(
        const std::string& ref, const std::string& after, model::BuildState state
    ) {
        store::Build& build = sight_.open.emplace_back();
        build.ref = ref;
        build.after = after;
        build.state = state;
        return build;
    }

    /// `build REF BEFORE..AFTER`, `adopt REF TIP`, `close REF`, with one digit for an id.
    Texts found() {
        const Findings findings = compare_branches(repository_, sight_, now);
        Texts lines;
        for (const store::NewBuild& build : findings.builds) {
            EXPECT_EQ(build.repository, "images");
            EXPECT_EQ(build.trigger, store::Trigger::reconcile);
            EXPECT_EQ(build.newest_known, BuildId{7});
            EXPECT_TRUE(build.folders.empty());
            lines.push_back(
                "build " + build.ref + " " + build.before.substr(0, 1) + ".." +
                build.after.substr(0, 1)
            );
        }
        for (const store::Branch& branch : findings.keep) {
            EXPECT_EQ(branch.repository, "images");
            EXPECT_EQ(branch.closed.value_or(now), now);
            EXPECT_EQ(branch.tree, branch.closed ? "tree" : "");
            lines.push_back(
                branch.closed ? "close " + branch.ref
                              : "adopt " + branch.ref + " " + branch.commit.substr(0, 1)
            );
        }
        return lines;
    }

    config::Repository repository_ = [] {
        config::Repository repository;
        repository.name = "images";
        return repository;
    }();
    Sight sight_{.newest_known = BuildId{7}};
};

TEST_F(CompareBranches, FindsNothingWhereAllIsPlanned) {
    remote_has("refs/heads/main", a);
    planned_up_to("refs/heads/main", a);
    EXPECT_EQ(found(), Texts{});
}

TEST_F(CompareBranches, AsksForThePushThatWasMissed) {
    remote_has("refs/heads/main", b);
    planned_up_to("refs/heads/main", a);
    EXPECT_EQ(found(), Texts{"build refs/heads/main a..b"});
}

TEST_F(CompareBranches, AdoptsABranchThatItSeesForTheFirstTime) {
    remote_has("refs/heads/main", a);
    EXPECT_EQ(found(), Texts{"adopt refs/heads/main a"});
    repository_.adopt_build = true;
    EXPECT_EQ(found(), Texts{"build refs/heads/main 0..a"});
}

TEST_F(CompareBranches, DoesNotAdoptWhatWasPushedAndNeverPlanned) {
    remote_has("refs/heads/main", a);
    sight_.told_of = {"refs/heads/main"};
    EXPECT_EQ(found(), Texts{"build refs/heads/main 0..a"});
}

TEST_F(CompareBranches, LeavesABranchWithoutARule) {
    repository_.branches = {{.match = "main"}};
    remote_has("refs/heads/main", a);
    remote_has("refs/heads/other", a);
    remote_has("refs/heads/was", b);
    planned_up_to("refs/heads/was", a);
    EXPECT_EQ(found(), Texts{"adopt refs/heads/main a"});
}

TEST_F(CompareBranches, ClosesABranchThatIsGoneAndOpensItAgain) {
    planned_up_to("refs/heads/gone", a);
    planned_up_to("refs/heads/long-gone", a, true);
    planned_up_to("refs/heads/back", a, true);
    remote_has("refs/heads/back", a);
    EXPECT_EQ(found(), (Texts{"build refs/heads/back 0..a", "close refs/heads/gone"}));
}

TEST_F(CompareBranches, DoesNotTakeATagForABranchThatIsGone) {
    planned_up_to("refs/tags/v1", a);
    EXPECT_EQ(found(), Texts{});
}

TEST_F(CompareBranches, LeavesABranchForWhichAPushWaitsOrIsBeingPlanned) {
    remote_has("refs/heads/main", b);
    planned_up_to("refs/heads/main", a);
    remote_has("refs/heads/new", b);
    for (const auto state : {model::BuildState::queued, model::BuildState::running}) {
        sight_.open.clear();
        has_build("refs/heads/main", c, state);  // newer than what the remote said
        has_build("refs/heads/new", b, state);
        EXPECT_EQ(found(), Texts{});
    }
}

TEST_F(CompareBranches, DoesNotWaitForABuildThatIsPlanned) {
    remote_has("refs/heads/main", b);
    planned_up_to("refs/heads/main", a);
    has_build("refs/heads/main", a, model::BuildState::running);
    has_build("refs/heads/other", c, model::BuildState::queued);
    EXPECT_EQ(found(), Texts{"build refs/heads/main a..b"});
}

TEST_F(CompareBranches, DoesNotTakeAManualBuildForAPush) {
    remote_has("refs/heads/main", b);
    planned_up_to("refs/heads/main", a);
    has_build("refs/heads/main", "", model::BuildState::queued).trigger = store::Trigger::manual;
    EXPECT_EQ(found(), Texts{"build refs/heads/main a..b"});
}

TEST_F(CompareBranches, LeavesWhatMovedWhileTheRemoteWasAsked) {
    remote_has("refs/heads/main", a);  // said before b was pushed
    planned_up_to("refs/heads/main", a);
    sight_.now[0].commit = b;
    store::Branch fresh = sight_.now[0];
    fresh.ref = "refs/heads/fresh";
    sight_.now.push_back(fresh);  // pushed and planned after the remote was asked
    EXPECT_EQ(found(), Texts{});
}

}  // namespace
}  // namespace slipway::factory
