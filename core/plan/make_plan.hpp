#pragma once

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/plan.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::plan {

/// The two sides of a comparison; a tree of zeros and an empty catalog are "nothing there yet".
struct Sides {
    const catalog::Catalog& before;
    const catalog::Catalog& after;
    model::ObjectId before_tree;
    model::ObjectId after_tree;
};

struct PlanOptions {
    std::vector<std::string>
        folders;  ///< manual: these (as shown) with reason `requested`, instead of what changed
    /// Tags of every pushed reference, `{version}` replaced: of the branch's policy, already free
    /// of `{sha}` and `{branch}`.
    std::vector<std::string> tag_templates = {"{version}"};
};

/// The steps, removed folders, count and errors of a plan; its commits are the caller's to fill in.
///
/// `tree` reads the paths that changed, of the planned folders only. A cycle is an error entry that
/// names its path; its images are not planned, all others are. Unknown `folders` are error entries
/// too. Errors: those of `tree`.
[[nodiscard]] Result<Plan> make_plan(
    git::SourceTree& tree, const Sides& sides, const PlanOptions& options
);

}  // namespace slipway::plan
