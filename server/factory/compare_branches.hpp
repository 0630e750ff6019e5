#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/object_id.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace slipway::factory {

/// Branches of a remote and their tips: `refs/heads/main` → id.
using Tips = std::map<std::string, model::ObjectId>;

/// What is known of a repository when its branches are compared. Read in the order of the members,
/// so that a push that comes meanwhile is seen in one of the later ones.
struct Sight {
    BuildId newest_known;               ///< of the repository, before the remote was asked; 0: none
    std::vector<store::Branch> before;  ///< all, at that time
    Tips tips;
    std::vector<store::Build> open;  ///< all that are queued or running
    std::set<std::string> told_of;   ///< references that pushes were for
    std::vector<store::Branch> now;  ///< all, after the remote was asked
};

/// What a comparison asks for.
struct Findings {
    std::vector<store::Branch> keep;      ///< to be written down: adopted, or closed
    std::vector<store::NewBuild> builds;  ///< that lost webhooks would have made

    bool operator==(const Findings&) const = default;
};

/// Compares where a remote's branches are with up to where they were planned. design §3.3
///
/// - Only branches that a rule matches are adopted and built; tags never.
/// - A branch that is seen for the first time is adopted as pushed. It is built where the
/// repository
///   says `adopt: build`, and where it was pushed and the build failed before it was planned.
/// - Left for the next time: a branch for which a push waits or is being planned, since that moves
///   it, perhaps beyond what the remote said; and one that moved while the remote was asked. Manual
///   builds leave a branch as it is.
[[nodiscard]] Findings compare_branches(
    const config::Repository& repository, const Sight& sight, store::Time now
);

}  // namespace slipway::factory
