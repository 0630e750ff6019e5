#pragma once

#include "core/base/result.hpp"
#include "server/mirror/mirror.hpp"
#include "server/mirror/socket_stream.hpp"
#include "server/mirror/watchdog.hpp"

#include <git2.h>

#include <string>
#include <string_view>

namespace slipway::mirror {

/// One call of this folder's users: its time, its credentials, and what went wrong in it. Must
/// outlive the remote handles that use its callbacks; stays on one thread.
class Call {
public:
    Call(const Remote& remote, FetchLimits limits);

    /// For one connection: each has the credentials once.
    [[nodiscard]] git_remote_connect_options connect_options();
    [[nodiscard]] git_fetch_options fetch_options();

    [[nodiscard]] const Remote& remote() const { return remote_; }

    /// The error of the libgit2 call that just returned `code`: ours where the time was up, else
    /// the remote's.
    [[nodiscard]] std::unexpected<Error> failure(std::string_view doing, int code) const;

private:
    git_remote_callbacks callbacks();
    int offer_credentials(git_credential** offered, const char* user, unsigned int allowed);
    int check_host_key(const git_cert_hostkey& shown_key, const char* host) const;

    static int on_credentials(
        git_credential** offered,
        const char* url,
        const char* user,
        unsigned int allowed,
        void* call
    );
    static int on_certificate(git_cert* certificate, int is_valid, const char* host, void* call);
    static int on_progress(const git_indexer_progress* progress, void* call);

    const Remote& remote_;
    Watchdog watchdog_;
    WatchedConnections connections_;
    bool is_offered_ = false;
};

}  // namespace slipway::mirror
