#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

/// The suites of the contract that have words of their own, and how a kind of store gets all of
/// them.
namespace slipway::store {

/// What of the ledger a test looks at.
class LedgerContract : public StoreContract {
protected:
    /// The plan of a branch that is pushed, at this commit.
    static PlanRecord pushing_plan(const std::string& commit, std::vector<Step> steps) {
        PlanRecord plan;
        plan.before = "before";
        plan.after = commit;
        plan.plan = "{}";
        plan.steps = std::move(steps);
        plan.tree = "tree of " + commit;
        plan.keeps_ledger = true;
        return plan;
    }

    /// `folder: why`, of what is owed.
    std::vector<std::string> owed() {
        std::vector<std::string> lines;
        LedgerQuery query;
        query.owed_only = true;
        for (const LedgerEntry& entry : get(store_->ledger(query))) {
            lines.push_back(entry.folder + ": " + entry.owed.value().why);
        }
        return lines;
    }

    LedgerEntry entry(const std::string& folder) {
        LedgerQuery query;
        query.folder = folder;
        return get(store_->ledger(query)).at(0);
    }

    /// A request for some folders: it leaves the branch as it is, and what it pushes is known.
    BuildId requested(std::vector<Step> steps) {
        NewBuild build = new_build("images", Trigger::manual);
        build.folders = {"a"};
        const BuildId id = get(store_->request(build, "")).build.value();
        EXPECT_EQ(claim(), id);
        PlanRecord plan = pushing_plan("requested", std::move(steps));
        plan.tree.clear();
        get(store_->record_plan(worker_, id, plan));
        return id;
    }
};

/// Builds of one repository, whose commits have short names.
class SupersedeContract : public StoreContract {
protected:
    BuildId queue(
        const std::string& before,
        const std::string& after,
        const std::string& ref = "refs/heads/main",
        Trigger trigger = Trigger::push,
        std::vector<std::string> folders = {}
    ) {
        const NewBuild build{
            .repository = "images",
            .ref = ref,
            .before = before,
            .after = after,
            .trigger = trigger,
            .folders = std::move(folders),
        };
        return get(store_->request(build, "")).build.value();
    }

    void expect_superseded(BuildId build, BuildId by) {
        const Build ended = get(store_->build(build));
        EXPECT_EQ(ended.state, model::BuildState::superseded) << build.value;
        EXPECT_EQ(ended.error, "superseded by build " + std::to_string(by.value));
        EXPECT_EQ(ended.finished, clock_.now());
    }

    /// A running build of these folders, which leads from a to b.
    BuildId running(std::vector<Step> steps) {
        const BuildId build = queue("a", "b");
        EXPECT_EQ(claim(), build);
        record_plan(build, "a", "b", std::move(steps));
        return build;
    }

    void record_plan(
        BuildId build, const std::string& before, const std::string& after, std::vector<Step> steps
    ) {
        PlanRecord plan = new_plan(std::move(steps));
        plan.before = before;
        plan.after = after;
        get(store_->record_plan(worker_, build, plan));
    }
};

/// What prune() removes and leaves.
class PruneContract : public StoreContract {
protected:
    /// Removes what ended an hour ago.
    Keep older() {
        const Time from = clock_.now() - std::chrono::hours(1);
        return {.builds_from = from, .logs_from = from, .deliveries_from = from};
    }

    bool exists(BuildId build) { return run(store_->build(build)).has_value(); }

    BuildId failed_build(const std::string& folder) {
        const BuildId build = planned("images", {new_step(0, folder)});
        get(store_->append_log(build, 0, "of " + folder + "\n"));
        break_step(build, folder, "no");
        return build;
    }
};

/// What others are told of builds, which here want all of it.
class OutboxContract : public StoreContract {
protected:
    static std::string number(BuildId build) { return std::to_string(build.value); }

    /// The commit of a build before it is planned.
    static std::string old_tip() { return std::string(40, 'b'); }

    BuildId reported_request(const std::string& repository) {
        NewBuild build = new_build(repository);
        build.reports = {.statuses = true, .events = true};
        return get(store_->request(build, "")).build.value();
    }

    BuildId reported(std::vector<Step> steps) {
        const BuildId build = reported_request("images");
        EXPECT_EQ(claim(), build);
        PlanRecord plan = new_plan(std::move(steps));
        plan.reports = {.statuses = true, .events = true};
        get(store_->record_plan(worker_, build, std::move(plan)));
        return build;
    }

    std::vector<Report> take_all() {
        constexpr int most = 1000;
        return get(store_->claim_reports("here", most));
    }

    /// Sends all that is due: the keys, sorted.
    std::vector<std::string> sent() {
        std::vector<std::string> keys;
        for (const Report& report : take_all()) {
            keys.push_back(report.key);
            get(store_->settle_report(report, {}));
        }
        std::ranges::sort(keys);
        return keys;
    }
};

inline std::string name_of(const testing::TestParamInfo<StoreKind>& kind) {
    return kind.param.name;
}

}  // namespace slipway::store

/// Once for each kind, in its test file, within slipway::store.
#define SLIPWAY_STORE_CONTRACT(Name, values)                              \
    INSTANTIATE_TEST_SUITE_P(Name, StoreContract, values, name_of);       \
    INSTANTIATE_TEST_SUITE_P(Name, ManyWorkersContract, values, name_of); \
    INSTANTIATE_TEST_SUITE_P(Name, LedgerContract, values, name_of);      \
    INSTANTIATE_TEST_SUITE_P(Name, OutboxContract, values, name_of);      \
    INSTANTIATE_TEST_SUITE_P(Name, SupersedeContract, values, name_of);   \
    INSTANTIATE_TEST_SUITE_P(Name, PruneContract, values, name_of)
