#pragma once

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <unordered_map>

namespace slipway::git {

/// Says of trees whether they are small enough for what looks at every path. A tree that is in one
/// place after the other is read once, so the time is that of the different trees. One thread; the
/// trees are the caller's.
class PathCounter {
public:
    static constexpr std::size_t most_paths = 1'000'000;

    explicit PathCounter(SourceTree& tree) : tree_(tree) {}

    /// The files and folders below a tree. Errors: those of the trees; `too_large` (above a million
    /// paths, or 256 folders deep).
    [[nodiscard]] Result<std::size_t> count(const model::ObjectId& root);

private:
    [[nodiscard]] Result<void> add(const model::ObjectId& tree, int depth);
    [[nodiscard]] Result<void> add_paths(std::size_t paths);

    SourceTree& tree_;
    std::size_t total_ = 0;  ///< of the root that is being counted
    std::unordered_map<model::ObjectId, std::size_t> counted_;
};

}  // namespace slipway::git
