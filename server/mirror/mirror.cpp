#include "server/mirror/mirror.hpp"

#include "core/base/result.hpp"
#include "core/git/handles.hpp"
#include "core/git/transports.hpp"
#include "core/model/object_id.hpp"
#include "server/mirror/address.hpp"
#include "server/mirror/call.hpp"

#include <git2.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace slipway::mirror {
namespace {

namespace fs = std::filesystem;

git_oid to_oid(const model::ObjectId& id) {
    git_oid oid{};
    std::memcpy(oid.id, id.bytes.data(), id.bytes.size());
    return oid;
}

model::ObjectId to_id(const git_oid& oid) {
    model::ObjectId id;
    std::memcpy(id.bytes.data(), oid.id, id.bytes.size());
    return id;
}

Result<void> prepare(const Remote& remote) {
    auto checked = check(remote);
    return checked ? git::start_transports() : checked;
}

/// `repository` null: a remote that is only listed.
Result<git::RemoteHandle> make_remote(git_repository* repository, const Call& call) {
    git_remote_create_options options{};
    git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
    options.repository = repository;
    // The machine's git configuration must not send us to another place than the configured one.
    options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
    git::RemoteHandle remote;
    if (const int code =
            git_remote_create_with_opts(out(remote), call.remote().url.c_str(), &options);
        code < 0) {
        return call.failure("preparing to fetch", code);
    }
    return remote;
}

/// Points HEAD at the remote's default branch, so that the mirror's default branch is the remote's.
Result<void> set_head(git_repository* repository, git_remote* remote) {
    git_buf name = GIT_BUF_INIT;
    if (git_remote_default_branch(&name, remote) != 0) {
        return {};  // an empty repository has none
    }
    git::ReferenceHandle head;
    const int code =
        git_reference_symbolic_create(out(head), repository, "HEAD", name.ptr, 1, nullptr);
    git_buf_dispose(&name);
    if (code < 0) {
        return git::git_failure("setting the mirror's HEAD", code);
    }
    return {};
}

Result<void> fetch_all(git_repository* repository, Call& call) {
    auto remote = make_remote(repository, call);
    if (!remote) {
        return std::unexpected(remote.error());
    }
    std::string branches = "+refs/heads/*:refs/heads/*";
    std::string tags = "+refs/tags/*:refs/tags/*";
    std::array texts = {branches.data(), tags.data()};
    const git_strarray refspecs{.strings = texts.data(), .count = texts.size()};
    const git_fetch_options options = call.fetch_options();
    if (const int code = git_remote_download(remote->get(), &refspecs, &options); code < 0) {
        return call.failure("fetching", code);
    }
    git_remote_disconnect(remote->get());
    // What is gone goes first: a new branch `a/b` has no place beside an old branch `a`.
    if (const int code = git_remote_prune(remote->get(), nullptr); code < 0) {
        return git::git_failure("pruning the mirror", code);
    }
    if (const int code = git_remote_update_tips(
            remote->get(), nullptr, options.update_fetchhead, options.download_tags, "fetch"
        );
        code < 0) {
        return git::git_failure("updating the mirror's branches", code);
    }
    return set_head(repository, remote->get());
}

bool has(git_repository* repository, const model::ObjectId& id) {
    git::OdbHandle odb;
    const int code = git_repository_odb(out(odb), repository);
    const git_oid oid = to_oid(id);
    return code == 0 && git_odb_exists(odb.get(), &oid) == 1;
}

/// A remote that does not know the id, or gives none by id, ends the connection: with what of it is
/// no failure of ours.
bool is_refusal(int code) {
    const git_error* const error = git_error_last();
    return code == GIT_EEOF || code == GIT_ENOTFOUND ||
           (error != nullptr && error->klass == GIT_ERROR_INVALID);
}

Result<void> fetch_id(git_repository* repository, const model::ObjectId& id, Call& call) {
    auto remote = make_remote(repository, call);
    if (!remote) {
        return std::unexpected(remote.error());
    }
    std::string text = to_string(id);
    std::array texts = {text.data()};
    const git_strarray refspecs{.strings = texts.data(), .count = texts.size()};
    const git_fetch_options options = call.fetch_options();
    const int code = git_remote_download(remote->get(), &refspecs, &options);
    if (code < 0 && !is_refusal(code)) {
        return call.failure("fetching commit " + text + " from", code);
    }
    return {};
}

Result<void> fetch_missing(
    git_repository* repository, const std::vector<model::ObjectId>& wanted, Call& call
) {
    if (transport_of(call.remote().url) == Transport::local) {
        return {};  // libgit2 copies what a local repository's references reach, and nothing else
    }
    for (const model::ObjectId& id : wanted) {
        if (id.is_zero() || has(repository, id)) {
            continue;
        }
        if (auto done = fetch_id(repository, id, call); !done) {
            return done;
        }
    }
    return {};
}

Result<void> update(
    git_repository* repository, const std::vector<model::ObjectId>& wanted, Call& call
) {
    if (auto done = fetch_all(repository, call); !done) {
        return done;
    }
    return fetch_missing(repository, wanted, call);
}

Result<git::RepositoryHandle> make_repository(const fs::path& folder) {
    git_repository_init_options options{};
    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags =
        GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    git::RepositoryHandle repository;
    if (const int code = git_repository_init_ext(out(repository), folder.c_str(), &options);
        code < 0) {
        return git::git_failure("making a mirror at '" + folder.string() + "'", code);
    }
    return repository;
}

/// What was there before is at `with` then, if it is still anywhere.
Result<void> replace(const fs::path& folder, const fs::path& with) {
    // Others may be reading the old one: there is no moment without any.
    // NOLINTNEXTLINE(misc-include-cleaner): cstdio has it
    if (::renameat2(AT_FDCWD, with.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
        return {};
    }
    // There is none yet, or the file system can't.
    std::error_code error;
    fs::remove_all(folder, error);
    if (!error) {
        fs::rename(with, folder, error);
    }
    if (error) {
        return fail(
            ErrorCode::internal,
            "moving the new mirror to '" + folder.string() + "': " + error.message()
        );
    }
    return {};
}

Result<void> clone_into(
    const fs::path& folder, const std::vector<model::ObjectId>& wanted, Call& call
) {
    const auto repository = make_repository(folder);
    if (!repository) {
        return std::unexpected(repository.error());
    }
    return update(repository->get(), wanted, call);
}

/// Makes the mirror beside its place, and moves it there when it is whole.
Result<void> clone(const fs::path& folder, const std::vector<model::ObjectId>& wanted, Call& call) {
    const fs::path beside = folder.string() + ".new";
    std::error_code ignored;
    fs::remove_all(beside, ignored);
    Result<void> done = clone_into(beside, wanted, call);
    if (done) {
        done = replace(folder, beside);
    }
    fs::remove_all(beside, ignored);
    return done;
}

std::size_t count_packs(const fs::path& folder) {
    std::error_code ignored;
    std::size_t count = 0;
    fs::directory_iterator file(folder / "objects/pack", ignored);
    for (; !ignored && file != fs::directory_iterator(); file.increment(ignored)) {
        count += file->path().extension() == ".pack" ? 1 : 0;
    }
    return count;
}

int open_mirror(git::RepositoryHandle& repository, const fs::path& folder) {
    const unsigned int flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE;
    return git_repository_open_ext(out(repository), folder.c_str(), flags, nullptr);
}

}  // namespace

Result<void> refresh(
    const fs::path& folder,
    const Remote& remote,
    const std::vector<model::ObjectId>& wanted,
    FetchLimits limits
) {
    if (auto prepared = prepare(remote); !prepared) {
        return prepared;
    }
    if (count_packs(folder) > limits.packs) {
        Call anew(remote, limits);
        if (clone(folder, wanted, anew)) {
            return {};
        }
    }
    Call call(remote, limits);
    git::RepositoryHandle repository;
    const int code = open_mirror(repository, folder);
    if (code == GIT_EOWNER) {
        return git::git_failure("opening the mirror '" + folder.string() + "'", code);
    }
    if (code < 0) {
        return clone(folder, wanted, call);
    }
    Result<void> done = update(repository.get(), wanted, call);
    if (!done && done.error().code == ErrorCode::internal) {
        // Damaged, as by a power cut. The old one stays until the new one is whole.
        repository.reset();
        return clone(folder, wanted, call);
    }
    return done;
}

Result<std::map<std::string, model::ObjectId>> list_branches(
    const Remote& remote, FetchLimits limits
) {
    if (auto prepared = prepare(remote); !prepared) {
        return std::unexpected(prepared.error());
    }
    Call call(remote, limits);
    auto handle = make_remote(nullptr, call);
    if (!handle) {
        return std::unexpected(handle.error());
    }
    const git_remote_connect_options options = call.connect_options();
    const git_remote_head** heads = nullptr;
    std::size_t count = 0;
    int code = git_remote_connect_ext(handle->get(), GIT_DIRECTION_FETCH, &options);
    if (code == 0) {
        code = git_remote_ls(&heads, &count, handle->get());
    }
    if (code < 0) {
        return call.failure("listing the branches of", code);
    }
    std::map<std::string, model::ObjectId> branches;
    for (const git_remote_head* const head : std::span(heads, count)) {
        if (std::string_view(head->name).starts_with("refs/heads/")) {
            branches.emplace(head->name, to_id(head->oid));
        }
    }
    return branches;
}

}  // namespace slipway::mirror
