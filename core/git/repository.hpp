#pragma once

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::git {

struct Commit {
    model::ObjectId id;
    model::ObjectId tree;
    std::int64_t time = 0;  ///< of the committer, seconds since 1970
    std::string summary;    ///< the message's first line
};

/// What merging two commits would make.
struct Merge {
    model::ObjectId tree;                ///< of zeros where there are conflicts
    std::vector<std::string> conflicts;  ///< paths, sorted; each once

    bool operator==(const Merge&) const = default;
};

/// A local Git repository, read through libgit2; nothing is ever written or fetched. One thread at
/// a time (libgit2's rule for a repository handle); several Repository objects of one folder are
/// independent.
class Repository final : public SourceTree {
public:
    /// Opens the repository at or above `folder`, bare or not.
    /// Errors: `not_found` (none there), `denied` (owned by another user), `invalid` (SHA-256
    /// objects, or damaged).
    [[nodiscard]] static Result<std::unique_ptr<Repository>> open(const std::string& folder);

    ~Repository() override;

    /// The folder of git's own files, absolute, without a trailing `/`: one repository, one answer.
    [[nodiscard]] std::string git_folder() const;

    /// Anything git resolves (`main~2`, `v1.0`, 40 hex digits), annotated tags peeled.
    /// Errors: `not_found`, `invalid` (ambiguous, no commit, 64 hex digits).
    [[nodiscard]] Result<Commit> resolve(std::string_view revision);

    /// Errors: `not_found`; `invalid`: the id is of another kind of object, which is named.
    [[nodiscard]] Result<Commit> commit(const model::ObjectId& id);

    /// The best common ancestor; nothing where the histories share none.
    [[nodiscard]] Result<std::optional<model::ObjectId>> merge_base(
        const model::ObjectId& left, const model::ObjectId& right
    );

    /// Merges in memory, as GitLab would: the tree can be read from this object alone, and nothing
    /// of it is written to disk. Errors: `too_large` (see check_merge()).
    [[nodiscard]] Result<Merge> merge(const model::ObjectId& ours, const model::ObjectId& theirs);

    /// The full name of the default branch: what `origin/HEAD` points at, else HEAD's own branch if
    /// it exists.
    [[nodiscard]] std::optional<std::string> default_branch();

    /// What a full reference name points at, peeled to its commit; nothing where there is no such
    /// reference.
    [[nodiscard]] std::optional<model::ObjectId> tip(const std::string& ref);

    [[nodiscard]] Result<std::vector<TreeEntry>> entries(const model::ObjectId& tree) override;
    [[nodiscard]] Result<std::string> blob(const model::ObjectId& id) override;
    [[nodiscard]] Result<std::uint64_t> blob_size(const model::ObjectId& id) override;

private:
    struct Handles;
    explicit Repository(std::unique_ptr<Handles> handles);
    std::unique_ptr<Handles> handles_;
};

}  // namespace slipway::git
