#include "core/git/tree_walk.hpp"

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::git {
namespace {

/// The order of names inside a tree: as bytes, a folder as if its name ended in `/`.
std::strong_ordering git_order(const TreeEntry& left, const TreeEntry& right) {
    const std::size_t common = std::min(left.name.size(), right.name.size());
    if (const int order = left.name.compare(0, common, right.name, 0, common); order != 0) {
        return order <=> 0;
    }
    const auto next = [common](const TreeEntry& entry) -> unsigned char {
        if (entry.name.size() > common) {
            return static_cast<unsigned char>(entry.name[common]);
        }
        return entry.kind == EntryKind::directory ? '/' : '\0';
    };
    if (next(left) != next(right)) {
        return next(left) <=> next(right);
    }
    return left.name.size() <=> right.name.size();
}

bool is_directory(const TreeEntry* entry) {
    return entry != nullptr && entry->kind == EntryKind::directory;
}

// A tree of trees can name itself over and over: ten of them are 10^10 files.
constexpr std::size_t most_compared = 2'000'000;

class PathCollector {
public:
    PathCollector(SourceTree& tree, std::size_t limit) : tree_(tree), limit_(limit) {}

    Result<void> compare(
        const model::ObjectId& before,
        const model::ObjectId& after,
        const std::string& prefix,
        int depth
    ) {
        constexpr int deepest = 256;
        if (before == after) {
            return {};
        }
        if (depth > deepest) {
            return fail(
                ErrorCode::too_large, "comparing '" + prefix + "': nested deeper than 256 folders"
            );
        }
        const auto old_entries = tree_.entries(before);
        const auto new_entries = tree_.entries(after);
        if (!old_entries || !new_entries) {
            return std::unexpected(old_entries ? new_entries.error() : old_entries.error());
        }
        return for_each_difference(
            *old_entries,
            *new_entries,
            [&](const TreeEntry* left, const TreeEntry* right) {
                return compare_entry(left, right, prefix, depth);
            }
        );
    }

    ChangedPaths take() {
        std::ranges::sort(found_.paths);
        found_.paths.resize(std::min(found_.paths.size(), limit_));
        return std::move(found_);
    }

private:
    Result<void> compare_entry(
        const TreeEntry* left, const TreeEntry* right, const std::string& prefix, int depth
    ) {
        if (++compared_ > most_compared) {
            return fail(
                ErrorCode::too_large,
                "comparing '" + prefix + "': more than two million differences"
            );
        }
        const std::string path = prefix + (left != nullptr ? left->name : right->name);
        const bool has_file =
            (left != nullptr && !is_directory(left)) || (right != nullptr && !is_directory(right));
        if (has_file) {
            ++found_.total;
            // Walks are in git's order, not that of whole paths: twice the limit is kept and sorted
            // at the end.
            if (found_.paths.size() < limit_ * 2) {
                found_.paths.push_back(path);
            }
        }
        if (is_directory(left) || is_directory(right)) {
            const model::ObjectId before = is_directory(left) ? left->id : model::ObjectId{};
            const model::ObjectId after = is_directory(right) ? right->id : model::ObjectId{};
            return compare(before, after, path + "/", depth + 1);
        }
        return {};
    }

    SourceTree& tree_;
    std::size_t limit_;
    std::size_t compared_ = 0;
    ChangedPaths found_;
};

}  // namespace

Result<std::optional<TreeEntry>> find_path(
    SourceTree& tree, std::span<const TreeEntry> entries, std::string_view path
) {
    std::vector<TreeEntry> below;
    while (true) {
        const std::size_t slash = path.find('/');
        const auto found = std::ranges::find(entries, path.substr(0, slash), &TreeEntry::name);
        if (found == entries.end()) {
            return std::nullopt;
        }
        if (slash == std::string_view::npos) {
            return *found;
        }
        if (found->kind != EntryKind::directory) {
            return std::nullopt;
        }
        auto read = tree.entries(found->id);
        if (!read) {
            return std::unexpected(std::move(read).error());
        }
        below = *std::move(read);
        entries = below;
        path.remove_prefix(slash + 1);
    }
}

Result<std::optional<std::string>> small_blob(
    SourceTree& tree, const model::ObjectId& id, std::size_t most_bytes
) {
    const auto size = tree.blob_size(id);
    if (!size) {
        return std::unexpected(size.error());
    }
    if (*size > most_bytes) {
        return std::nullopt;
    }
    return tree.blob(id);
}

Result<void> for_each_difference(
    std::span<const TreeEntry> before, std::span<const TreeEntry> after, const PairVisitor& visit
) {
    auto left = before.begin();
    auto right = after.begin();
    while (left != before.end() || right != after.end()) {
        const bool only_left =
            right == after.end() || (left != before.end() && git_order(*left, *right) < 0);
        const bool only_right =
            !only_left && (left == before.end() || git_order(*left, *right) > 0);
        const TreeEntry* const old_entry = only_right ? nullptr : &*left++;
        const TreeEntry* const new_entry = only_left ? nullptr : &*right++;
        if (old_entry != nullptr && new_entry != nullptr && *old_entry == *new_entry) {
            continue;
        }
        if (auto visited = visit(old_entry, new_entry); !visited) {
            return visited;
        }
    }
    return {};
}

Result<void> for_each_folder(
    std::span<const TreeEntry> before,
    std::span<const TreeEntry> after,
    const std::function<
        Result<void>(std::string_view, const model::ObjectId&, const model::ObjectId&)>& visit
) {
    return for_each_difference(
        before,
        after,
        [&](const TreeEntry* left, const TreeEntry* right) -> Result<void> {
            if (!is_directory(left) && !is_directory(right)) {
                return {};
            }
            const std::string_view name = left != nullptr ? left->name : right->name;
            return visit(
                name,
                is_directory(left) ? left->id : model::ObjectId{},
                is_directory(right) ? right->id : model::ObjectId{}
            );
        }
    );
}

Result<ChangedPaths> changed_paths(
    SourceTree& tree,
    const model::ObjectId& before,
    const model::ObjectId& after,
    std::string_view prefix,
    std::size_t limit
) {
    PathCollector collector(tree, limit);
    if (auto compared = collector.compare(before, after, std::string(prefix), 0); !compared) {
        return std::unexpected(compared.error());
    }
    return collector.take();
}

}  // namespace slipway::git
