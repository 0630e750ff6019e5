#pragma once

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <git2.h>

namespace slipway::git {

/// Whether libgit2 would end with merging two commits: it looks at every path of all trees that a
/// merge reads, equal ones too, and keeps each. `trees` reads those of `repository`. Errors:
/// theirs; `too_large` (more than a million paths on a side or in a base, 256 folders deep, or
/// histories that cross so often that finding a base takes more than 16 merges).
[[nodiscard]] Result<void> check_merge(
    git_repository& repository,
    SourceTree& trees,
    const model::ObjectId& ours,
    const model::ObjectId& theirs
);

}  // namespace slipway::git
