#include "core/git/path_counter.hpp"

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <expected>

namespace slipway::git {

Result<std::size_t> PathCounter::count(const model::ObjectId& root) {
    total_ = 0;
    if (auto added = add(root, 0); !added) {
        return fail_within("counting the paths of tree " + to_string(root), added.error());
    }
    return total_;
}

Result<void> PathCounter::add(const model::ObjectId& tree, int depth) {
    constexpr int deepest = 256;
    if (const auto known = counted_.find(tree); known != counted_.end()) {
        return add_paths(known->second);
    }
    if (depth > deepest) {
        return fail(ErrorCode::too_large, "it is nested deeper than 256 folders");
    }
    const std::size_t before = total_;
    const auto entries = tree_.entries(tree);
    if (!entries) {
        return std::unexpected(entries.error());
    }
    auto added = add_paths(entries->size());
    for (auto entry = entries->begin(); added && entry != entries->end(); ++entry) {
        if (entry->kind == EntryKind::directory) {
            added = add(entry->id, depth + 1);
        }
    }
    if (added) {
        counted_.emplace(tree, total_ - before);
    }
    return added;
}

// A tree can name the same one over and over: ten objects are 10^10 paths.
Result<void> PathCounter::add_paths(std::size_t paths) {
    total_ += paths;
    if (total_ > most_paths) {
        return fail(ErrorCode::too_large, "there are more than a million paths");
    }
    return {};
}

}  // namespace slipway::git
