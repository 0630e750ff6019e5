#include "core/base/strong_id.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

Branch new_branch(const std::string& ref, const std::string& commit) {
    Branch branch;
    branch.repository = "images";
    branch.ref = ref;
    branch.commit = commit;
    branch.tree = "tree of " + commit;
    return branch;
}

TEST_P(StoreContract, ABranchThatWasNeverPlannedIsNothing) {
    EXPECT_EQ(get(store_->branch("images", "refs/heads/main")), std::nullopt);
    EXPECT_TRUE(get(store_->branches("images")).empty());
}

TEST_P(StoreContract, APlanOfABranchSaysUpToWhereItIsPlanned) {
    PlanRecord plan = new_plan({new_step(0, "a")});
    plan.tree = "tree of after";
    planned("images", plan);
    Branch expected = new_branch("refs/heads/main", "after");
    expected.updated = clock_.now();
    EXPECT_EQ(get(store_->branch("images", "refs/heads/main")), expected);
    EXPECT_EQ(get(store_->branches("images")), std::vector{expected});
    EXPECT_TRUE(get(store_->branches("tools")).empty());
}

TEST_P(StoreContract, ABranchIsKeptWithoutAPlan) {
    Branch first = new_branch("refs/heads/main", "c1");
    get(store_->keep_branch(first));
    first.updated = clock_.now();
    EXPECT_EQ(get(store_->branch("images", "refs/heads/main")), first);
    clock_.advance(std::chrono::hours(1));
    Branch later = new_branch("refs/heads/main", "c2");
    later.updated = Time{};  // the store's own time counts
    get(store_->keep_branch(later));
    later.updated = clock_.now();
    get(store_->keep_branch(new_branch("refs/heads/a", "c3")));
    const std::vector<Branch> branches = get(store_->branches("images"));
    ASSERT_EQ(branches.size(), 2);
    EXPECT_EQ(branches[0].ref, "refs/heads/a");
    EXPECT_EQ(branches[1], later);
}

TEST_P(StoreContract, TheEndOfABranchSettlesItsDebts) {
    PlanRecord plan = new_plan({new_step(0, "a"), new_step(1, "b")});
    plan.tree = "tree";
    plan.keeps_ledger = true;
    push(planned("images", plan), "a");
    planned("tools", plan);
    Branch gone = new_branch("refs/heads/main", "after");
    gone.closed = clock_.now();
    get(store_->keep_branch(gone));
    EXPECT_EQ(get(store_->branch("images", "refs/heads/main")).value().closed, clock_.now());
    std::vector<std::string> owed;
    for (const LedgerEntry& entry : get(store_->ledger({}))) {
        if (entry.owed) {
            owed.push_back(entry.repository + "/" + entry.folder);
        }
    }
    EXPECT_EQ(owed, (std::vector<std::string>{"tools/a", "tools/b"}));
    EXPECT_EQ(get(store_->ledger({})).size(), 4) << "what was pushed is remembered";
}

TEST_P(StoreContract, AClosedBranchThatIsPlannedIsOpenAgain) {
    Branch gone = new_branch("refs/heads/main", "c1");
    gone.closed = clock_.now();
    get(store_->keep_branch(gone));
    PlanRecord plan = new_plan({});
    plan.tree = "tree";
    planned("images", plan);
    EXPECT_EQ(get(store_->branch("images", "refs/heads/main")).value().closed, std::nullopt);
}

}  // namespace
}  // namespace slipway::store
