#pragma once

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::git {

/// The entry at `path` below a tree whose entries are at hand; nothing where there is none.
[[nodiscard]] Result<std::optional<TreeEntry>> find_path(
    SourceTree& tree, std::span<const TreeEntry> entries, std::string_view path
);

/// What a walk over two trees is told of one name: the entry on either side, null where it is
/// missing there.
using PairVisitor = std::function<Result<void>(const TreeEntry* before, const TreeEntry* after)>;

/// Calls `visit` for every name on either side whose entry is not the same on both, in git's order.
/// Stops at the first error.
[[nodiscard]] Result<void> for_each_difference(
    std::span<const TreeEntry> before, std::span<const TreeEntry> after, const PairVisitor& visit
);

/// Calls `visit` for every subfolder that is not the same on both sides; zeros for the side where
/// it is missing.
[[nodiscard]] Result<void> for_each_folder(
    std::span<const TreeEntry> before,
    std::span<const TreeEntry> after,
    const std::function<
        Result<void>(std::string_view name, const model::ObjectId&, const model::ObjectId&)>& visit
);

/// A blob's content; nothing where it is longer than that, and then it is not read: a few kilobytes
/// of git may be gigabytes.
[[nodiscard]] Result<std::optional<std::string>> small_blob(
    SourceTree& tree, const model::ObjectId& id, std::size_t most_bytes
);

struct ChangedPaths {
    std::vector<std::string> paths;  ///< sorted; at most the limit
    std::size_t total = 0;           ///< how many there are in all
};

/// The paths of files that differ between two trees (content, mode, kind, there or not), renames as
/// both of their paths. `prefix` is put before every path; at most `limit` paths are kept, all are
/// counted. Errors: `too_large` (above two million differences, or 256 folders deep).
[[nodiscard]] Result<ChangedPaths> changed_paths(
    SourceTree& tree,
    const model::ObjectId& before,
    const model::ObjectId& after,
    std::string_view prefix,
    std::size_t limit
);

}  // namespace slipway::git
