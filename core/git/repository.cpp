#include "core/git/repository.hpp"

#include "core/base/result.hpp"
#include "core/git/handles.hpp"
#include "core/git/merge_check.hpp"
#include "core/git/oid.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <git2.h>
#include <git2/sys/mempack.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::git {
namespace {

EntryKind to_kind(git_filemode_t mode) {
    switch (mode) {
        case GIT_FILEMODE_TREE:
            return EntryKind::directory;
        case GIT_FILEMODE_BLOB_EXECUTABLE:
            return EntryKind::executable;
        case GIT_FILEMODE_LINK:
            return EntryKind::symlink;
        case GIT_FILEMODE_COMMIT:
            return EntryKind::submodule;
        default:
            return EntryKind::file;
    }
}

Commit to_commit(const git_commit& commit) {
    const char* const summary =
        git_commit_summary(const_cast<git_commit*>(&commit));  // caches inside
    return {
        .id = to_id(*git_commit_id(&commit)),
        .tree = to_id(*git_commit_tree_id(&commit)),
        .time = git_commit_time(&commit),
        .summary = summary != nullptr ? summary : "",
    };
}

std::vector<std::string> conflicts_in(git_index& index) {
    std::set<std::string> paths;
    ConflictsHandle conflicts;
    if (git_index_conflict_iterator_new(out(conflicts), &index) < 0) {
        return {};
    }
    const git_index_entry* base = nullptr;
    const git_index_entry* ours = nullptr;
    const git_index_entry* theirs = nullptr;
    while (git_index_conflict_next(&base, &ours, &theirs, conflicts.get()) == 0) {
        for (const git_index_entry* const side : {base, ours, theirs}) {
            if (side != nullptr) {
                paths.insert(side->path);
            }
        }
    }
    return {paths.begin(), paths.end()};
}

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

}  // namespace

struct Repository::Handles {
    RepositoryHandle repository;
    OdbHandle odb;
    bool writes_to_memory = false;

    [[nodiscard]] Result<void> write_to_memory();
};

/// What libgit2 has to write goes nowhere but there.
Result<void> Repository::Handles::write_to_memory() {
    constexpr int before_all_others = 999;
    if (writes_to_memory) {
        return {};
    }
    git_odb_backend* memory = nullptr;
    int code = git_mempack_new(&memory);
    if (code == 0) {
        code = git_odb_add_backend(odb.get(), memory, before_all_others);  // owns it now
    }
    if (code < 0) {
        return git_failure("making room in memory", code);
    }
    writes_to_memory = true;
    return {};
}

Repository::Repository(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}

Repository::~Repository() = default;

Result<std::unique_ptr<Repository>> Repository::open(const std::string& folder) {
    start_libgit2();
    const std::string doing = "opening the Git repository at " + quoted(folder);
    auto handles = std::make_unique<Handles>();
    if (const int code =
            git_repository_open_ext(out(handles->repository), folder.c_str(), 0, nullptr);
        code < 0) {
        const git_error* const error = git_error_last();
        if (error != nullptr && std::string_view(error->message).contains("objectformat")) {
            return fail(
                ErrorCode::invalid,
                doing + ": it stores SHA-256 objects, which libgit2 " LIBGIT2_VERSION
                        " can't read; use a SHA-1 repository"
            );
        }
        return git_failure(doing, code);
    }
    if (const int code = git_repository_odb(out(handles->odb), handles->repository.get());
        code < 0) {
        return git_failure(doing, code);
    }
    return std::unique_ptr<Repository>(new Repository(std::move(handles)));
}

std::string Repository::git_folder() const {
    std::string path = git_repository_commondir(handles_->repository.get());
    if (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    return path;
}

Result<Commit> Repository::resolve(std::string_view revision) {
    const std::string doing = "resolving " + quoted(revision);
    if (model::classify_id(revision) == model::IdKind::sha256) {
        return fail(
            ErrorCode::invalid,
            doing + ": it names an object of a SHA-256 repository, which libgit2 " LIBGIT2_VERSION
                    " can't read"
        );
    }
    ObjectHandle object;
    if (const int code = git_revparse_single(
            out(object), handles_->repository.get(), std::string(revision).c_str()
        );
        code < 0) {
        return git_failure(doing, code);
    }
    CommitHandle commit;
    if (const int code = git_object_peel(
            reinterpret_cast<git_object**>(static_cast<git_commit**>(out(commit))),
            object.get(),
            GIT_OBJECT_COMMIT
        );
        code < 0) {
        const char* const type = git_object_type2string(git_object_type(object.get()));
        return fail(ErrorCode::invalid, doing + ": it is a " + type + ", not a commit");
    }
    return to_commit(*commit);
}

Result<Commit> Repository::commit(const model::ObjectId& id) {
    return resolve(to_string(id));
}

Result<std::optional<model::ObjectId>> Repository::merge_base(
    const model::ObjectId& left, const model::ObjectId& right
) {
    const git_oid left_oid = to_oid(left);
    const git_oid right_oid = to_oid(right);
    git_oid base{};
    const int code = git_merge_base(&base, handles_->repository.get(), &left_oid, &right_oid);
    if (code == GIT_ENOTFOUND) {
        return std::nullopt;
    }
    if (code < 0) {
        return git_failure(
            "finding the merge base of " + to_string(left) + " and " + to_string(right), code
        );
    }
    return to_id(base);
}

Result<Merge> Repository::merge(const model::ObjectId& ours, const model::ObjectId& theirs) {
    const std::string doing = "merging " + to_string(theirs) + " into " + to_string(ours);
    if (auto ready = handles_->write_to_memory(); !ready) {
        return fail_within(doing, ready.error());
    }
    git_repository* const repository = handles_->repository.get();
    CommitHandle our_commit;
    CommitHandle their_commit;
    const git_oid our_id = to_oid(ours);
    const git_oid their_id = to_oid(theirs);
    if (const int code = git_commit_lookup(out(our_commit), repository, &our_id); code < 0) {
        return git_failure(doing, code);
    }
    if (const int code = git_commit_lookup(out(their_commit), repository, &their_id); code < 0) {
        return git_failure(doing, code);
    }
    if (auto checked = check_merge(*repository, *this, ours, theirs); !checked) {
        return fail_within(doing, checked.error());
    }
    IndexHandle index;
    if (const int code = git_merge_commits(
            out(index), repository, our_commit.get(), their_commit.get(), nullptr
        );
        code < 0) {
        return git_failure(doing, code);
    }
    if (git_index_has_conflicts(index.get()) != 0) {
        return Merge{.tree = {}, .conflicts = conflicts_in(*index)};
    }
    git_oid tree{};
    if (const int code = git_index_write_tree_to(&tree, index.get(), repository); code < 0) {
        return git_failure(doing, code);
    }
    return Merge{.tree = to_id(tree), .conflicts = {}};
}

std::optional<std::string> Repository::default_branch() {
    for (const char* const name : {"refs/remotes/origin/HEAD", "HEAD"}) {
        ReferenceHandle reference;
        if (git_reference_lookup(out(reference), handles_->repository.get(), name) < 0) {
            continue;
        }
        ReferenceHandle target;
        if (git_reference_resolve(out(target), reference.get()) < 0) {
            continue;
        }
        std::string branch = git_reference_name(target.get());
        if (branch != "HEAD") {
            return branch;
        }
    }
    return std::nullopt;
}

std::optional<model::ObjectId> Repository::tip(const std::string& ref) {
    ReferenceHandle reference;
    if (git_reference_lookup(out(reference), handles_->repository.get(), ref.c_str()) < 0) {
        return std::nullopt;
    }
    ObjectHandle object;
    if (git_reference_peel(out(object), reference.get(), GIT_OBJECT_COMMIT) < 0) {
        return std::nullopt;
    }
    return to_id(*git_object_id(object.get()));
}

Result<std::vector<TreeEntry>> Repository::entries(const model::ObjectId& tree) {
    std::vector<TreeEntry> entries;
    if (tree.is_zero()) {
        return entries;
    }
    // Each of its two million entries would take three times as much as in git.
    constexpr std::size_t most_bytes = std::size_t{64} << 20U;
    const std::string doing = "reading tree " + to_string(tree);
    const git_oid oid = to_oid(tree);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int code = git_odb_read_header(&size, &type, handles_->odb.get(), &oid); code < 0) {
        return git_failure(doing, code);
    }
    if (size > most_bytes) {
        return fail(ErrorCode::too_large, doing + ": the folder's own entries are over 64 MiB");
    }
    TreeHandle handle;
    if (const int code = git_tree_lookup(out(handle), handles_->repository.get(), &oid); code < 0) {
        return git_failure(doing, code);
    }
    const std::size_t count = git_tree_entrycount(handle.get());
    entries.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const git_tree_entry* const entry = git_tree_entry_byindex(handle.get(), i);
        entries.push_back(
            {git_tree_entry_name(entry),
             to_kind(git_tree_entry_filemode(entry)),
             to_id(*git_tree_entry_id(entry))}
        );
    }
    return entries;
}

Result<std::string> Repository::blob(const model::ObjectId& id) {
    const git_oid oid = to_oid(id);
    BlobHandle blob;
    if (const int code = git_blob_lookup(out(blob), handles_->repository.get(), &oid); code < 0) {
        return git_failure("reading file content " + to_string(id), code);
    }
    return std::string(
        static_cast<const char*>(git_blob_rawcontent(blob.get())),
        static_cast<std::size_t>(git_blob_rawsize(blob.get()))
    );
}

Result<std::uint64_t> Repository::blob_size(const model::ObjectId& id) {
    const git_oid oid = to_oid(id);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int code = git_odb_read_header(&size, &type, handles_->odb.get(), &oid); code < 0) {
        return git_failure("reading the size of " + to_string(id), code);
    }
    return size;
}

}  // namespace slipway::git
