#include "core/base/result.hpp"
#include "core/base/sha256.hpp"
#include "core/base/source_error.hpp"
#include "core/context/context.hpp"
#include "core/git/source_tree.hpp"
#include "core/git/tree_walk.hpp"
#include "core/ignore/ignore.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::context {
namespace {

using git::EntryKind;
using git::TreeEntry;

// A tree of trees can name itself over and over: a few kilobytes of git for more files than any
// disk has.
constexpr std::size_t max_visited = 1'000'000;
constexpr std::size_t max_depth = 1'000;
// Of each pattern with each path: a few seconds.
constexpr std::size_t max_matches = 200'000'000;
constexpr std::size_t max_ignore_file = 1U << 20U;

std::string join(std::string_view folder, std::string_view name) {
    return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

bool is_regular(EntryKind kind) {
    return kind == EntryKind::file || kind == EntryKind::executable;
}

/// The entry at a path below a tree; nothing where there is none.
Result<std::optional<TreeEntry>> find_entry(
    git::SourceTree& tree, const model::ObjectId& root, std::string_view path
) {
    TreeEntry entry{.name = {}, .kind = EntryKind::directory, .id = root};
    while (!path.empty()) {
        if (entry.kind != EntryKind::directory) {
            return std::nullopt;
        }
        auto entries = tree.entries(entry.id);
        if (!entries) {
            return std::unexpected(std::move(entries).error());
        }
        const std::size_t end = std::min(path.find('/'), path.size());
        const auto found = std::ranges::find(*entries, path.substr(0, end), &TreeEntry::name);
        if (found == entries->end()) {
            return std::nullopt;
        }
        entry = *found;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return entry;
}

/// Walks a tree, and lists what the patterns leave of it.
class Walk {
public:
    Walk(git::SourceTree& tree, const ignore::Patterns& patterns)
        : tree_(tree), patterns_(patterns) {}

    Result<void> add_below(
        const model::ObjectId& id, const std::string& folder, std::size_t depth
    ) {
        auto entries = tree_.entries(id);
        if (!entries) {
            return std::unexpected(std::move(entries).error());
        }
        visited_ += entries->size();
        if (visited_ > max_visited || depth > max_depth) {
            return fail(
                ErrorCode::too_large, "more than a million files, or folders a thousand deep"
            );
        }
        matches_ += entries->size() * patterns_.size();
        if (matches_ > max_matches) {
            return fail(
                ErrorCode::too_large,
                "too many patterns in .dockerignore for so many files: ignore whole folders"
            );
        }
        std::ranges::sort(*entries, {}, &TreeEntry::name);
        for (const TreeEntry& entry : *entries) {
            if (auto added = add(entry, folder, depth); !added) {
                return added;
            }
        }
        return {};
    }

    [[nodiscard]] std::vector<ContextEntry> take() { return std::move(entries_); }

private:
    Result<void> add(const TreeEntry& entry, const std::string& folder, std::size_t depth) {
        if (entry.name.empty() || entry.name == "." || entry.name == ".." ||
            entry.name.contains('/')) {
            return fail(
                ErrorCode::invalid,
                "folder '" + folder + "' has an entry with the name '" + entry.name + "'"
            );
        }
        const std::string path = join(folder, entry.name);
        const bool is_ignored = patterns_.matches(path);
        if (entry.kind == EntryKind::directory) {
            return add_folder(entry, path, is_ignored, depth);
        }
        if (!is_ignored) {
            entries_.push_back({.path = path, .kind = entry.kind, .id = entry.id});
        }
        return {};
    }

    Result<void> add_folder(
        const TreeEntry& entry, const std::string& path, bool is_ignored, std::size_t depth
    ) {
        if (is_ignored && !patterns_.may_reinclude_below(path)) {
            return {};
        }
        // Without its id: what .dockerignore hides in a folder must not make it another one.
        entries_.push_back({.path = path, .kind = EntryKind::directory, .id = {}});
        const std::size_t with_folder = entries_.size();
        auto added = add_below(entry.id, path, depth + 1);
        if (is_ignored && entries_.size() == with_folder) {
            entries_.pop_back();
        }
        return added;
    }

    git::SourceTree& tree_;
    const ignore::Patterns& patterns_;
    std::vector<ContextEntry> entries_;
    std::size_t visited_ = 0;
    std::size_t matches_ = 0;
};

Result<ignore::ParsedIgnore> read_patterns_of(
    git::SourceTree& tree, const TreeEntry& entry, std::string_view path
) {
    const auto refused = [&](std::string message) {
        return ignore::ParsedIgnore{
            .patterns = {},
            .errors = {{std::string(path), 1, 1, std::move(message)}},
        };
    };
    if (!is_regular(entry.kind)) {
        return refused("not a regular file, so its patterns can't be read: put the patterns here");
    }
    const auto text = git::small_blob(tree, entry.id, max_ignore_file);
    if (!text) {
        return std::unexpected(text.error());
    }
    if (!*text) {
        return refused("the file is larger than 1 MiB: ignore whole folders");
    }
    ignore::ParsedIgnore parsed = ignore::parse_ignore(**text, path);
    keep_first_errors(parsed.errors);
    return parsed;
}

/// Reads the patterns that hold for a Dockerfile. A file that is not there is an empty one.
Result<ignore::ParsedIgnore> read_patterns(
    git::SourceTree& tree,
    const model::ObjectId& root,
    std::string_view folder,
    std::string_view dockerfile
) {
    for (const std::string& name :
         {std::string(dockerfile) + ".dockerignore", std::string(".dockerignore")}) {
        const auto found = find_entry(tree, root, name);
        if (!found) {
            return std::unexpected(found.error());
        }
        if (const std::optional<TreeEntry>& entry = *found) {
            return read_patterns_of(tree, *entry, join(folder, name));
        }
    }
    return ignore::ParsedIgnore{};
}

Result<TreeEntry> find_dockerfile(
    git::SourceTree& tree, const model::ObjectId& root, std::string_view dockerfile
) {
    const auto found = find_entry(tree, root, dockerfile);
    if (!found) {
        return std::unexpected(found.error());
    }
    const std::string name = "'" + std::string(dockerfile) + "'";
    const std::optional<TreeEntry>& entry = *found;
    if (!entry) {
        return fail(
            ErrorCode::not_found,
            "there is no file " + name +
                ": add it, or name another one as `dockerfile` in the manifest"
        );
    }
    if (!is_regular(entry->kind) && entry->kind != EntryKind::symlink) {
        return fail(
            ErrorCode::not_found, name + " is a folder, not a Dockerfile: name the file in it"
        );
    }
    return *entry;
}

/// A name that no `COPY` can mean, the same for the same tree.
std::string hidden_name(const model::ObjectId& root, std::string_view dockerfile) {
    constexpr std::size_t digits = 20;
    const std::string hash = sha256_hex(to_string(root) + std::string(dockerfile));
    return ".slipway-" + hash.substr(0, digits) + ".Dockerfile";
}

bool is_listed(const std::vector<ContextEntry>& entries, std::string_view path) {
    return std::ranges::find(entries, path, &ContextEntry::path) != entries.end();
}

/// Adds the Dockerfile that .dockerignore hides, under its other name and at that name's place.
Result<void> add_hidden(
    ContextList& list, const model::ObjectId& root, const TreeEntry& dockerfile
) {
    if (dockerfile.kind == EntryKind::symlink) {
        return fail(
            ErrorCode::invalid,
            "'" + list.dockerfile +
                "' is a symbolic link that .dockerignore hides: name the file that it points to"
        );
    }
    list.dockerfile = hidden_name(root, list.dockerfile);
    const auto place = std::ranges::find_if(list.entries, [&](const ContextEntry& entry) {
        return !entry.path.contains('/') && entry.path > list.dockerfile;
    });
    list.entries.insert(
        place, {.path = list.dockerfile, .kind = dockerfile.kind, .id = dockerfile.id}
    );
    return {};
}

Result<ContextList> list_entries(
    git::SourceTree& tree,
    const model::ObjectId& root,
    std::string_view folder,
    std::string_view dockerfile
) {
    const auto found = find_dockerfile(tree, root, dockerfile);
    if (!found) {
        return std::unexpected(found.error());
    }
    auto ignored = read_patterns(tree, root, folder, dockerfile);
    if (!ignored) {
        return std::unexpected(std::move(ignored).error());
    }
    ContextList list{
        .entries = {}, .dockerfile = std::string(dockerfile), .errors = std::move(ignored->errors)
    };
    if (!list.errors.empty()) {
        return list;
    }
    Walk walk(tree, ignored->patterns);
    if (auto walked = walk.add_below(root, "", 0); !walked) {
        return std::unexpected(std::move(walked).error());
    }
    list.entries = walk.take();
    if (is_listed(list.entries, dockerfile)) {
        return list;
    }
    if (auto added = add_hidden(list, root, *found); !added) {
        return std::unexpected(std::move(added).error());
    }
    return list;
}

}  // namespace

Result<ContextList> list_context(
    git::SourceTree& tree,
    const model::ObjectId& folder_tree,
    std::string_view folder,
    std::string_view dockerfile
) {
    auto list = list_entries(tree, folder_tree, folder, dockerfile);
    if (!list) {
        return fail_within(
            "listing the build context of '" + std::string(folder) + "'", list.error()
        );
    }
    return list;
}

}  // namespace slipway::context
