#include "server/factory/compare_branches.hpp"

#include "core/model/build_state.hpp"
#include "core/model/object_id.hpp"
#include "server/config/config.hpp"
#include "server/factory/policy.hpp"
#include "server/store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::factory {
namespace {

constexpr std::string_view branch_prefix = "refs/heads/";

using Branches = std::map<std::string, const store::Branch*>;

Branches by_ref(const std::vector<store::Branch>& branches) {
    Branches found;
    for (const store::Branch& branch : branches) {
        found.emplace(branch.ref, &branch);
    }
    return found;
}

const store::Branch* find(const Branches& branches, const std::string& ref) {
    const auto found = branches.find(ref);
    return found == branches.end() ? nullptr : found->second;
}

class Comparison {
public:
    Comparison(const config::Repository& repository, const Sight& sight, store::Time now)
        : repository_(repository),
          sight_(sight),
          now_(now),
          before_(by_ref(sight.before)),
          known_(by_ref(sight.now)) {
        for (const store::Build& build : sight.open) {
            if (build.trigger != store::Trigger::manual && !is_planned(build)) {
                moving_.insert(build.ref);
            }
        }
    }

    Findings find_all() {
        for (const auto& [ref, tip] : sight_.tips) {
            if (is_settled(ref) && find_policy(repository_, ref)) {
                compare(ref, to_string(tip));
            }
        }
        for (const auto& [ref, branch] : known_) {
            if (is_settled(ref) && !sight_.tips.contains(ref)) {
                close(*branch);
            }
        }
        return findings_;
    }

private:
    /// Its plan has moved the branch already.
    [[nodiscard]] bool is_planned(const store::Build& build) const {
        const store::Branch* const branch = find(known_, build.ref);
        return build.state == model::BuildState::running && branch != nullptr &&
               branch->commit == build.after;
    }

    [[nodiscard]] bool is_settled(const std::string& ref) const {
        const store::Branch* const before = find(before_, ref);
        const store::Branch* const known = find(known_, ref);
        const bool is_same =
            before == nullptr || known == nullptr ? before == known : *before == *known;
        return is_same && !moving_.contains(ref);
    }

    void compare(const std::string& ref, const std::string& tip) {
        const store::Branch* const known = find(known_, ref);
        if (known == nullptr && !repository_.adopt_build && !sight_.told_of.contains(ref)) {
            adopt(ref, tip);
        } else if (known == nullptr || known->closed) {
            ask_for(ref, to_string(model::ObjectId{}), tip);
        } else if (known->commit != tip) {
            ask_for(ref, known->commit, tip);
        }
    }

    void adopt(const std::string& ref, const std::string& tip) {
        store::Branch branch;
        branch.repository = repository_.name;
        branch.ref = ref;
        branch.commit = tip;
        findings_.keep.push_back(branch);
    }

    void ask_for(const std::string& ref, const std::string& before, const std::string& after) {
        store::NewBuild build;
        build.repository = repository_.name;
        build.ref = ref;
        build.before = before;
        build.after = after;
        build.trigger = store::Trigger::reconcile;
        build.newest_known = sight_.newest_known;
        findings_.builds.push_back(build);
    }

    void close(store::Branch branch) {
        if (branch.ref.starts_with(branch_prefix) && !branch.closed) {
            branch.closed = now_;
            findings_.keep.push_back(branch);
        }
    }

    const config::Repository& repository_;
    const Sight& sight_;
    const store::Time now_;
    const Branches before_;
    const Branches known_;
    std::set<std::string> moving_;  ///< references
    Findings findings_;
};

}  // namespace

Findings compare_branches(
    const config::Repository& repository, const Sight& sight, store::Time now
) {
    return Comparison(repository, sight, now).find_all();
}

}  // namespace slipway::factory
