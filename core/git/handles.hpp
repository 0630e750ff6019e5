#pragma once

#include "core/base/result.hpp"

#include <git2.h>

#include <memory>

namespace slipway::git {

/// Frees a libgit2 object with its own function, so that every handle is a unique_ptr of one
/// pointer's size.
template <auto release>
struct Deleter {
    template <class T>
    void operator()(T* handle) const {
        release(handle);
    }
};

using RepositoryHandle = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using ObjectHandle = std::unique_ptr<git_object, Deleter<git_object_free>>;
using CommitHandle = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using BlobHandle = std::unique_ptr<git_blob, Deleter<git_blob_free>>;
using OdbHandle = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Deleter<git_reference_free>>;
using IndexHandle = std::unique_ptr<git_index, Deleter<git_index_free>>;
using ConflictsHandle =
    std::unique_ptr<git_index_conflict_iterator, Deleter<git_index_conflict_iterator_free>>;
using RemoteHandle = std::unique_ptr<git_remote, Deleter<git_remote_free>>;

/// Gives a libgit2 out-parameter and takes the result over when the call's full expression ends:
/// `f(out(handle), …)`. The handle is empty until then, so a second call that needs it is a
/// statement of its own, not the other side of an `&&`.
template <class Handle>
class Out {
public:
    explicit Out(Handle& target) : target_(target) {}

    Out(const Out&) = delete;
    Out& operator=(const Out&) = delete;
    Out(Out&&) = delete;
    Out& operator=(Out&&) = delete;

    ~Out() { target_.reset(raw_); }

    operator typename Handle::pointer *() { return &raw_; }  // NOLINT(google-explicit-constructor)

private:
    Handle& target_;
    typename Handle::pointer raw_ = nullptr;
};

template <class Handle>
Out<Handle> out(Handle& target) {
    return Out<Handle>(target);
}

/// Starts libgit2 once for the process, with what a reader of immutable objects needs and nothing
/// more. Thread-safe.
void start_libgit2();

/// The error of the libgit2 call that just returned `code` on this thread: `doing: words (libgit2
/// -3)`.
[[nodiscard]] std::unexpected<Error> git_failure(std::string_view doing, int code);

}  // namespace slipway::git
