#include "core/git/merge_check.hpp"

#include "core/base/result.hpp"
#include "core/git/handles.hpp"
#include "core/git/oid.hpp"
#include "core/git/path_counter.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <git2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <span>
#include <vector>

namespace slipway::git {
namespace {

/// The best common ancestors, in the order in which libgit2 merges several.
Result<std::vector<git_oid>> merge_bases(git_repository& repository, std::span<const git_oid> of) {
    git_oidarray found{};
    const int code = git_merge_bases_many(&found, &repository, of.size(), of.data());
    if (code < 0 && code != GIT_ENOTFOUND) {
        return git_failure("finding the merge bases", code);
    }
    std::vector<git_oid> bases(found.ids, found.ids + found.count);
    git_oidarray_dispose(&found);
    std::ranges::reverse(bases);
    return bases;
}

class MergeCheck {
public:
    MergeCheck(git_repository& repository, SourceTree& trees)
        : repository_(repository), paths_(trees) {}

    Result<void> check_trees(std::span<const git_oid> commits) {
        for (const git_oid& id : commits) {
            CommitHandle commit;
            if (const int code = git_commit_lookup(out(commit), &repository_, &id); code < 0) {
                return git_failure("reading commit " + to_string(to_id(id)), code);
            }
            if (auto counted = paths_.count(to_id(*git_commit_tree_id(commit.get()))); !counted) {
                return std::unexpected(counted.error());
            }
        }
        return {};
    }

    /// Several bases are merged first, one after the other, and so are theirs.
    Result<void> check_bases(std::span<const git_oid> commits) {
        constexpr int most_merges = 16;
        if (++merges_ > most_merges) {
            return fail(
                ErrorCode::too_large,
                "the histories cross so often that it takes more than 16 merges"
            );
        }
        const auto bases = merge_bases(repository_, commits);
        if (!bases) {
            return std::unexpected(bases.error());
        }
        auto checked = check_trees(*bases);
        for (std::size_t merged = 2; checked && merged <= bases->size(); ++merged) {
            checked = check_bases(std::span(*bases).first(merged));
        }
        return checked;
    }

private:
    git_repository& repository_;
    PathCounter paths_;
    int merges_ = 0;
};

}  // namespace

Result<void> check_merge(
    git_repository& repository,
    SourceTree& trees,
    const model::ObjectId& ours,
    const model::ObjectId& theirs
) {
    const std::array sides{to_oid(ours), to_oid(theirs)};
    MergeCheck check(repository, trees);
    if (auto checked = check.check_trees(sides); !checked) {
        return checked;
    }
    return check.check_bases(sides);
}

}  // namespace slipway::git
