#include "core/plan/changes.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/source_tree.hpp"
#include "core/git/tree_walk.hpp"
#include "core/ignore/ignore.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::plan {
namespace {

constexpr std::size_t shown_paths = 20;
// Of each pattern of a `watch` with each path that changed: some ten seconds.
constexpr std::size_t most_matches = 500'000'000;

Result<Reason> changed_reason(
    git::SourceTree& tree, const Sides& sides, std::size_t before, std::uint32_t after
) {
    const std::string folder(sides.after.folder(after));
    auto changed = git::changed_paths(
        tree,
        sides.before.tree(before),
        sides.after.tree(after),
        folder.empty() ? "" : folder + "/",
        shown_paths
    );
    if (!changed) {
        return std::unexpected(changed.error());
    }
    const std::size_t more = changed->total - changed->paths.size();
    return Reason{
        .kind = ReasonKind::changed,
        .paths = std::move(changed->paths),
        .more_paths = more,
        .folder = {}
    };
}

Result<void> add_watched(git::SourceTree& tree, const Sides& sides, Reasons& reasons) {
    if (!sides.after.any_watch() || sides.before_tree == sides.after_tree) {
        return {};
    }
    const auto all = git::changed_paths(
        tree, sides.before_tree, sides.after_tree, "", std::numeric_limits<std::size_t>::max() / 2
    );
    if (!all) {
        return std::unexpected(all.error());
    }
    std::size_t matches = 0;
    for (std::uint32_t i = 0; i < sides.after.size(); ++i) {
        const bool is_new = !sides.before.find(sides.after.folder(i));
        if (!sides.after.has_watch(i) || is_new) {
            continue;
        }
        const catalog::Image image = sides.after.image(i);
        const auto patterns = ignore::compile(image.manifest->watch, "").patterns;
        matches += patterns.size() * all->paths.size();
        if (matches > most_matches) {
            return fail(
                ErrorCode::too_large,
                "comparing `watch` with what changed: too many patterns for so many files; watch "
                "whole folders"
            );
        }
        Reason reason{.kind = ReasonKind::watched, .paths = {}, .more_paths = 0, .folder = {}};
        for (const std::string& path : all->paths) {
            if (patterns.matches(path)) {
                reason.paths.size() < shown_paths ? reason.paths.push_back(path)
                                                  : void(++reason.more_paths);
            }
        }
        if (!reason.paths.empty()) {
            reasons[i].push_back(std::move(reason));
        }
    }
    return {};
}

/// Finds the folders of one catalog in another, both walked in order: nearly all are in both, and
/// next to each other.
class Partner {
public:
    explicit Partner(const catalog::Catalog& catalog) : catalog_(catalog) {}

    /// For folders that ascend from call to call.
    std::optional<std::size_t> find(std::string_view folder) {
        for (; next_ < catalog_.size(); ++next_) {
            const std::string_view candidate = catalog_.folder(next_);
            if (candidate == folder) {
                return next_++;
            }
            if (candidate > folder) {
                break;
            }
        }
        return std::nullopt;
    }

private:
    const catalog::Catalog& catalog_;
    std::size_t next_ = 0;
};

}  // namespace

Result<Reasons> find_changes(git::SourceTree& tree, const Sides& sides) {
    Reasons reasons;
    Partner partner(sides.before);
    for (std::uint32_t after = 0; after < sides.after.size(); ++after) {
        const auto before = partner.find(sides.after.folder(after));
        if (!before) {
            reasons[after].push_back(
                {.kind = ReasonKind::added, .paths = {}, .more_paths = 0, .folder = {}}
            );
        } else if (sides.before.tree(*before) != sides.after.tree(after)) {
            auto reason = changed_reason(tree, sides, *before, after);
            if (!reason) {
                return std::unexpected(reason.error());
            }
            reasons[after].push_back(std::move(*reason));
        }
    }
    if (auto watched = add_watched(tree, sides, reasons); !watched) {
        return std::unexpected(watched.error());
    }
    return reasons;
}

std::vector<Removed> find_removed(const Sides& sides) {
    std::vector<Removed> removed;
    Partner partner(sides.after);
    for (std::size_t i = 0; i < sides.before.size(); ++i) {
        if (!partner.find(sides.before.folder(i))) {
            const catalog::Image image = sides.before.image(i);
            removed.push_back(
                {catalog::shown_folder(image.folder),
                 image.manifest ? image.reference() : image.name,
                 image.name}
            );
        }
    }
    if (removed.empty()) {
        return removed;
    }
    // Only now are all names of the other side worth decoding.
    std::map<std::string, std::string> added_names;
    for (std::size_t i = 0; i < sides.after.size(); ++i) {
        if (!sides.before.find(sides.after.folder(i))) {
            const catalog::Image image = sides.after.image(i);
            added_names.emplace(image.name, catalog::shown_folder(image.folder));
        }
    }
    for (Removed& gone : removed) {
        const auto moved = added_names.find(gone.moved_to);
        gone.moved_to = moved == added_names.end() || moved->first.empty() ? "" : moved->second;
    }
    return removed;
}

}  // namespace slipway::plan
