#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/store.hpp"

#include <map>
#include <string>
#include <tuple>

namespace slipway::store {

/// What is owed and what was pushed, as store.hpp tells it, without a database. Of an entry it
/// keeps what says so: commit, tree, build, whether it was removed, and the debt.
class LedgerModel {
public:
    /// By repository, reference and folder.
    using Key = std::tuple<std::string, std::string, std::string>;

    /// What a build is to the ledger.
    struct Branch {
        BuildId build;
        std::string repository;
        std::string ref;
        std::string commit;
        bool keeps_ledger = false;
    };

    void plan(const Branch& branch, const PlanRecord& plan, Time now) {
        if (!plan.keeps_ledger || plan.tree.empty()) {
            return;
        }
        for (const Step& step : plan.steps) {
            LedgerEntry& entry = entries_[key_of(branch, step.folder)];
            const Time since = entry.owed ? entry.owed->since : now;
            const std::string why = "planned in build " + std::to_string(branch.build.value);
            entry.owed = Owed{since, why, plan.after, step.tree, branch.build, {}};
            entry.removed.reset();
        }
        for (const PlanRecord::Removed& gone : plan.removed) {
            if (const auto found = entries_.find(key_of(branch, gone.folder));
                found != entries_.end()) {
                found->second.owed.reset();
                found->second.removed = now;
            }
        }
    }

    void settle(const Branch& branch, const Step& step) {
        if (!branch.keeps_ledger) {
            return;
        }
        const Key key = key_of(branch, step.folder);
        if (step.push) {
            LedgerEntry& entry = entries_[key];
            entry.commit = branch.commit;
            entry.tree = step.tree;
            entry.build = branch.build;
        }
        const auto found = entries_.find(key);
        if (found != entries_.end() && found->second.owed &&
            (found->second.owed->tree == step.tree || found->second.owed->build == branch.build)) {
            found->second.owed.reset();
        }
    }

    void explain(const Branch& branch, const std::string& folder, const std::string& what) {
        const auto found = entries_.find(key_of(branch, folder));
        if (found != entries_.end() && found->second.owed &&
            found->second.owed->build == branch.build) {
            found->second.owed->why = what + " in build " + std::to_string(branch.build.value);
        }
    }

    void owe(const Key& key, const std::string& why, Time now) {
        const auto found = entries_.find(key);
        if (found == entries_.end() || found->second.removed || found->second.owed) {
            return;
        }
        LedgerEntry& entry = found->second;
        entry.owed = Owed{now, why, entry.commit, entry.tree, {}, {}};
    }

    void close_branch(const std::string& repository, const std::string& ref) {
        for (auto& [key, entry] : entries_) {
            if (std::get<0>(key) == repository && std::get<1>(key) == ref) {
                entry.owed.reset();
            }
        }
    }

    [[nodiscard]] const std::map<Key, LedgerEntry>& entries() const { return entries_; }

private:
    static Key key_of(const Branch& branch, const std::string& folder) {
        return {branch.repository, branch.ref, folder};
    }

    std::map<Key, LedgerEntry> entries_;
};

}  // namespace slipway::store
