#include "server/mirror/call.hpp"

#include "core/base/result.hpp"
#include "server/mirror/address.hpp"
#include "server/mirror/failure.hpp"
#include "server/mirror/known_hosts.hpp"
#include "server/mirror/mirror.hpp"
#include "server/mirror/socket_stream.hpp"

#include <git2.h>

#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::mirror {
namespace {

int deny(int code, const std::string& words) {
    git_error_set_str(GIT_ERROR_CALLBACK, words.c_str());
    return code;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string why_refused(HostKey verdict, const std::string& file) {
    switch (verdict) {
        case HostKey::revoked:
            return "is revoked in '" + file + "'";
        case HostKey::different:
            return "is another one than '" + file +
                   "' has; if the host's owner confirms it, add it (ssh-keyscan shows every key of "
                   "a host)";
        default:
            return "is not in '" + file +
                   "'; if the host's owner confirms it, add it with ssh-keyscan";
    }
}

}  // namespace

Call::Call(const Remote& remote, FetchLimits limits)
    : remote_(remote), watchdog_(limits), connections_(watchdog_) {
    register_socket_stream();
}

git_remote_callbacks Call::callbacks() {
    is_offered_ = false;
    git_remote_callbacks callbacks{};
    git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
    callbacks.credentials = on_credentials;
    callbacks.certificate_check = on_certificate;
    callbacks.transfer_progress = on_progress;
    callbacks.payload = this;
    return callbacks;
}

git_remote_connect_options Call::connect_options() {
    git_remote_connect_options options{};
    git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
    options.callbacks = callbacks();
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    return options;
}

git_fetch_options Call::fetch_options() {
    git_fetch_options options{};
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks = callbacks();
    // Our token goes to the configured host only. libgit2 still follows a redirect within the host,
    // as for a renamed project.
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // our refspecs name them
    options.update_fetchhead = 0;
    return options;
}

std::unexpected<Error> Call::failure(std::string_view doing, int code) const {
    const std::string what = std::string(doing) + " '" + shown(remote_.url) + "'";
    if (const std::optional<std::string> reason = watchdog_.reason();
        reason || watchdog_.is_over()) {
        return fail(
            ErrorCode::unavailable,
            what + ": given up, " + reason.value_or("the time for it was over")
        );
    }
    return remote_failure(what, code, remote_);
}

int Call::offer_credentials(git_credential** offered, const char* user, unsigned int allowed) {
    const std::string name = user != nullptr ? user : "git";
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) {
        return git_credential_username_new(offered, name.c_str());
    }
    if (is_offered_) {
        return deny(
            GIT_EAUTH, "the remote refused the credentials; check them and what they may read"
        );
    }
    is_offered_ = true;
    if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && !remote_.token.empty()) {
        return git_credential_userpass_plaintext_new(offered, "oauth2", remote_.token.c_str());
    }
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0 && !remote_.ssh_key_file.empty()) {
        return git_credential_ssh_key_new(
            offered, name.c_str(), nullptr, remote_.ssh_key_file.c_str(), nullptr
        );
    }
    return deny(
        GIT_EAUTH, "the remote asks for credentials, and none that it takes are configured"
    );
}

int Call::check_host_key(const git_cert_hostkey& shown_key, const char* host) const {
    if ((shown_key.type & GIT_CERT_SSH_RAW) == 0) {
        return deny(GIT_ECERTIFICATE, "the host showed no key");
    }
    const std::string_view key(shown_key.hostkey, shown_key.hostkey_len);
    const HostKey verdict = find_host_key(
        read_file(remote_.known_hosts_file), {.host = host, .port = connections_.port()}, key
    );
    if (verdict == HostKey::known) {
        return 0;
    }
    return deny(
        GIT_ECERTIFICATE,
        "the " + key_type(key) + " key of host '" + std::string(host) + "' (" + fingerprint(key) +
            ") " + why_refused(verdict, remote_.known_hosts_file.string())
    );
}

int Call::on_credentials(
    git_credential** offered,
    const char* /*url*/,
    const char* user,
    unsigned int allowed,
    void* call
) {
    return static_cast<Call*>(call)->offer_credentials(offered, user, allowed);
}

int Call::on_certificate(git_cert* certificate, int /*is_valid*/, const char* host, void* call) {
    if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
        // libgit2's own verdict is about ~/.ssh/known_hosts, which is not what was configured.
        return static_cast<const Call*>(call)->check_host_key(
            *reinterpret_cast<const git_cert_hostkey*>(certificate), host
        );
    }
    return GIT_PASSTHROUGH;
}

int Call::on_progress(const git_indexer_progress* /*progress*/, void* call) {
    // A local remote has no socket that the watchdog could shut down.
    return static_cast<const Call*>(call)->watchdog_.is_over() ? GIT_EUSER : 0;
}

}  // namespace slipway::mirror
