#include "core/base/result.hpp"
#include "core/git/handles.hpp"
#include "core/git/shortage.hpp"
#include "core/git/transports.hpp"

#include <git2.h>

#include <cstddef>
#include <expected>
#include <mutex>
#include <string>
#include <string_view>

// In late_transports.c.
extern "C" int slipway_start_transports();

namespace slipway::git {
namespace {

ErrorCode code_of(int code) {
    switch (code) {
        case GIT_ENOTFOUND:
            return ErrorCode::not_found;
        case GIT_EAMBIGUOUS:
        case GIT_EINVALIDSPEC:
        case GIT_EPEEL:
            return ErrorCode::invalid;
        case GIT_EAUTH:
        case GIT_ECERTIFICATE:
        case GIT_EOWNER:
            return ErrorCode::denied;
        default:
            return ErrorCode::internal;
    }
}

void configure_libgit2() {
    git_libgit2_init();
    // Objects are checked when a pack is received, as git does it; hashing each one again at every
    // read costs more than the read.
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    // Every object is read once, so a cache of parsed ones is memory for nothing.
    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
    // A store on the same disk says that a commit is there; after a power cut it must be.
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    constexpr std::size_t window_bytes = std::size_t{4} << 20U;
    constexpr std::size_t mapped_bytes = std::size_t{32} << 20U;
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window_bytes);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, mapped_bytes);
}

}  // namespace

void start_libgit2() {
    static std::once_flag started;
    std::call_once(started, configure_libgit2);
}

std::unexpected<Error> git_failure(std::string_view doing, int code) {
    const git_error* const error = git_error_last();
    const std::string words = error != nullptr ? error->message : "no reason given";
    const std::string_view advice = advice_on_shortage(words);
    return fail(
        advice.empty() ? code_of(code) : ErrorCode::unavailable,
        std::string(doing) + ": " + words + " (libgit2 " + std::to_string(code) + ")" +
            std::string(advice)
    );
}

Result<void> start_transports() {
    static std::mutex mutex;
    static bool started = false;
    const std::scoped_lock lock(mutex);
    if (started) {
        return {};
    }
    start_libgit2();
    if (const int code = slipway_start_transports(); code < 0) {
        return git_failure("preparing TLS and SSH for fetching", code);
    }
    started = true;
    return {};
}

}  // namespace slipway::git
