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

/// A base of an image that has another digest now than when the image was pushed.
struct BaseMove {
    std::string reference;
    std::string from;  ///< `sha256:…`
    std::string to;
};

/// A folder whose content at the branch's tip is not what was pushed: the ledger says so.
struct OwedFolder {
    std::string folder;               ///< as shown
    std::string since{};              ///< RFC 3339; empty: not known
    std::string why{};                ///< as `failed in build 7`
    std::optional<BaseMove> moved{};  ///< it is owed for this alone: the reason is `base_moved`
};

/// What its branch was planned at last.
struct LastPlanned {
    catalog::Catalog catalog;
    model::ObjectId tree;
    std::string since{};  ///< of the reasons, as OwedFolder::since
    std::string why{};    ///< of the reasons: `changed since 1a2b3c4d5e without a build`
};

struct PlanOptions {
    std::vector<std::string> folders;  ///< manual: these (as shown) with reason `requested`,
                                       ///< instead of what changed or is owed
    /// Tags of every pushed reference, `{version}` replaced: of the branch's policy, already free
    /// of `{sha}` and `{branch}`.
    std::vector<std::string> tag_templates = {"{version}"};
    /// Planned too, those that are there at `after`; what changed there has no second reason.
    std::vector<OwedFolder> owed{};
    /// What differs between it and `after` is planned too, with reason `owed`, where nothing else
    /// is a reason: the push that changed it never came.
    std::optional<LastPlanned> last{};
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
