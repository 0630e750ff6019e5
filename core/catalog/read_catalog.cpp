#include "core/catalog/read_catalog.hpp"

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"
#include "core/catalog/parse_image.hpp"
#include "core/catalog/with_trees.hpp"
#include "core/git/source_tree.hpp"
#include "core/git/tree_walk.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace slipway::catalog {
namespace {

using git::EntryKind;
using git::TreeEntry;

const TreeEntry* find_entry(std::span<const TreeEntry> entries, std::string_view name) {
    const auto found = std::ranges::find(entries, name, &TreeEntry::name);
    return found == entries.end() ? nullptr : &*found;
}

/// Whether `path` is a root, lies inside one, or has one below it. `inside` tells the first two
/// from the third.
bool is_wanted(const std::vector<std::string>& roots, std::string_view path, bool inside) {
    const auto is_below = [](std::string_view upper, std::string_view lower) {
        return upper.empty() || lower == upper ||
               (lower.starts_with(upper) && lower[upper.size()] == '/');
    };
    return roots.empty() || std::ranges::any_of(roots, [&](const std::string& root) {
               return is_below(root, path) || (!inside && is_below(path, root));
           });
}

/// Lets a set of texts be asked for a view of one.
struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
};

using Texts = std::unordered_set<std::string, TextHash, std::equal_to<>>;

constexpr std::size_t most_images = 250'000;

// A tree that is in many places is one for git, and one for each place here.
constexpr std::size_t most_bytes = std::size_t{128} << 20U;

std::unexpected<Error> too_many_bytes() {
    return fail(
        ErrorCode::too_large,
        "reading the image folders: their paths, manifests and parents are more than 128 MiB; name "
        "those of images in the configuration's `roots`"
    );
}

class Reader {
public:
    Reader(git::SourceTree& tree, const CatalogOptions& options, const Known* known)
        : tree_(tree), options_(options), known_(known) {}

    Result<Catalog> read(const model::ObjectId& root) {
        auto walked = visit("", known_ != nullptr ? known_->root : model::ObjectId{}, root, 0);
        if (!walked) {
            return std::unexpected(walked.error());
        }
        if (const auto moved = find_moved()) {
            return with_trees(known_->catalog, *moved);
        }
        const std::vector<CatalogEntry> entries = collect();
        std::size_t bytes = 0;
        for (const CatalogEntry& entry : entries) {
            bytes += entry.folder.size() + entry.record.size();
        }
        if (bytes > most_bytes) {
            return too_many_bytes();
        }
        return make_catalog(entries);
    }

private:
    struct Fresh {
        model::ObjectId tree;
        std::string record;
        std::uint32_t flags = 0;
        std::optional<std::size_t>
            known;  ///< its number in the known catalog, where it is as there
    };

    Result<void> visit(
        const std::string& path,
        const model::ObjectId& before,
        const model::ObjectId& after,
        int depth
    ) {
        constexpr int deepest = 128;
        constexpr std::size_t most_folders = 1'000'000;
        if (before == after || !is_wanted(options_.roots, path, false)) {
            return {};
        }
        if (depth > deepest) {
            return fail(
                ErrorCode::too_large,
                "reading the image folders: '" + path + "' is nested deeper than 128 folders"
            );
        }
        // A tree of trees can name itself over and over: ten of them are 10^10 folders.
        if (visited_.size() == most_folders) {
            return fail(
                ErrorCode::too_large,
                "reading the image folders: there are more than a million folders; name those of "
                "images in the configuration's `roots`"
            );
        }
        const auto old_entries = tree_.entries(before);
        const auto new_entries = tree_.entries(after);
        if (!old_entries || !new_entries) {
            return std::unexpected(old_entries ? new_entries.error() : old_entries.error());
        }
        visited_.insert(path);
        kept_bytes_ += path.size();
        if (is_wanted(options_.roots, path, true)) {
            auto read = read_image(path, after, *new_entries);
            if (!read) {
                return read;
            }
        }
        if (kept_bytes_ > most_bytes) {
            return too_many_bytes();
        }
        return git::for_each_folder(
            *old_entries,
            *new_entries,
            [&](std::string_view name,
                const model::ObjectId& old_tree,
                const model::ObjectId& new_tree) -> Result<void> {
                const std::string below = path_in(path, name);
                if (new_tree.is_zero()) {
                    removed_.insert(below);
                    return {};
                }
                return visit(below, old_tree, new_tree, depth + 1);
            }
        );
    }

    Result<void> read_image(
        const std::string& path, const model::ObjectId& tree, std::span<const TreeEntry> entries
    ) {
        const TreeEntry* const entry = find_entry(entries, manifest_name);
        if (entry == nullptr || entry->kind == EntryKind::directory ||
            entry->kind == EntryKind::submodule) {
            return {};
        }
        if (const std::optional<std::size_t> old = unchanged(path, *entry, entries)) {
            // Its files changed, its manifest and Dockerfile did not: what was parsed holds.
            const std::string_view record = known_->catalog.record(*old);
            keep(path, {tree, std::string(record), known_->catalog.own_flags(*old), old});
            return {};
        }
        if (fresh_.size() == most_images) {
            return fail(
                ErrorCode::too_large,
                "reading the image folders: there are more than 250,000 images"
            );
        }
        Image image;
        image.folder = path;
        image.manifest_blob = entry->id;
        auto parsed = parse_image(image, tree_, *entry, entries, options_);
        if (!parsed) {
            return parsed;
        }
        keep_first_errors(image.errors);
        keep(path, {tree, encode_image(image), flags_of(image), std::nullopt});
        return {};
    }

    void keep(const std::string& path, Fresh fresh) {
        kept_bytes_ += path.size() + fresh.record.size();
        fresh_.emplace(path, std::move(fresh));
    }

    std::optional<std::size_t> unchanged(
        const std::string& path, const TreeEntry& manifest, std::span<const TreeEntry> entries
    ) {
        const auto old = known_ != nullptr ? known_->catalog.find(path) : std::nullopt;
        if (!old) {
            return std::nullopt;
        }
        const Image image = decode_image(known_->catalog.record(*old));
        if (image.manifest_blob != manifest.id || !image.manifest ||
            manifest.kind == EntryKind::symlink) {
            return std::nullopt;
        }
        const auto dockerfile = git::find_path(tree_, entries, image.manifest->dockerfile);
        const bool same = dockerfile && *dockerfile && is_regular(**dockerfile) &&
                          (*dockerfile)->id == image.dockerfile_blob;
        return same ? old : std::nullopt;
    }

    bool is_removed(std::string_view folder) const {
        for (std::size_t end = folder.size(); end != std::string_view::npos;
             end = folder.substr(0, end).rfind('/')) {
            if (removed_.contains(folder.substr(0, end))) {
                return true;
            }
            if (end == 0) {
                break;
            }
        }
        return false;
    }

    /// What most pushes are: only trees of images that were known differ. Nothing where an image
    /// came, went or was parsed anew.
    std::optional<std::vector<MovedTree>> find_moved() const {
        if (known_ == nullptr || known_->catalog.size() == 0 || !removed_.empty()) {
            return std::nullopt;
        }
        std::vector<MovedTree> moved;
        for (const auto& [folder, fresh] : fresh_) {
            if (!fresh.known) {
                return std::nullopt;
            }
            moved.push_back({*fresh.known, fresh.tree});
        }
        const bool is_one_gone = std::ranges::any_of(visited_, [&](const std::string& folder) {
            return !fresh_.contains(folder) && known_->catalog.find(folder);
        });
        return is_one_gone ? std::nullopt : std::optional(std::move(moved));
    }

    /// The fresh images and those of the known catalog that no visit replaced, in order.
    std::vector<CatalogEntry> collect() const {
        std::vector<CatalogEntry> entries;
        auto fresh = fresh_.begin();
        const auto add_fresh_before = [&](const std::string_view* folder) {
            for (; fresh != fresh_.end() && (folder == nullptr || fresh->first < *folder);
                 ++fresh) {
                entries.push_back(
                    {fresh->first, fresh->second.tree, fresh->second.record, fresh->second.flags}
                );
            }
        };
        const std::size_t known_size = known_ != nullptr ? known_->catalog.size() : 0;
        entries.reserve(known_size + fresh_.size());
        for (std::size_t i = 0; i < known_size; ++i) {
            const std::string_view folder = known_->catalog.folder(i);
            if (visited_.contains(folder) || (!removed_.empty() && is_removed(folder))) {
                continue;
            }
            add_fresh_before(&folder);
            entries.push_back(
                {folder,
                 known_->catalog.tree(i),
                 known_->catalog.record(i),
                 known_->catalog.own_flags(i)}
            );
        }
        add_fresh_before(nullptr);
        return entries;
    }

    git::SourceTree& tree_;
    const CatalogOptions& options_;
    const Known* known_;
    std::map<std::string, Fresh> fresh_;
    Texts visited_;
    Texts removed_;
    std::size_t kept_bytes_ = 0;
};

}  // namespace

Result<Catalog> read_catalog(
    git::SourceTree& tree,
    const model::ObjectId& root,
    const CatalogOptions& options,
    const Known* known
) {
    return Reader(tree, options, known).read(root);
}

}  // namespace slipway::catalog
