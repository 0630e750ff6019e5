#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/credentials.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::registry {

/// Credentials of registries, from a Docker `config.json`: `credHelpers`, `credsStore`, then
/// `auths`
/// (`auth`, `username`/`password`, `identitytoken`, `registrytoken`).
///
/// The file is read at every call, so a rotated secret needs no restart. Answers of helpers are
/// kept for 4 min 50 s (the shortest-lived registry tokens last five minutes). Blocking; any
/// thread; one helper runs at a time.
class CredentialSource {
public:
    /// `configured`, by domain, come before those of `config_folder`; where that is empty too, all
    /// is anonymous. `helper_time`: how long a helper may take.
    explicit CredentialSource(
        std::filesystem::path config_folder,
        const Clock& clock,
        std::map<std::string, Credentials, std::less<>> configured = {},
        std::chrono::milliseconds helper_time = std::chrono::seconds(20)
    );

    /// `registry` is a reference's domain; `docker.io` is looked up as
    /// `https://index.docker.io/v1/`. A helper that is named for a registry is the only one asked
    /// and the file no more. In `auths` first the exact key counts, then the first of the same
    /// host. No file or no entry: empty credentials.
    ///
    /// Errors, which never quote a secret: `invalid` (the file is not what it should be, or the
    /// helper is not there), `unavailable` (the helper failed or took too long), `failed` (its
    /// answer is not one), `too_large`.
    [[nodiscard]] Result<Credentials> find(std::string_view registry);

    /// The registry refused them: its helper is asked anew the next time. Whether that is worth
    /// another try: what was refused came from an earlier call, and may have been rotated since.
    /// Does not block.
    bool forget(std::string_view registry);

private:
    struct Answer {
        std::string helper;
        Credentials credentials;
        std::chrono::sys_time<std::chrono::milliseconds> asked;
        bool used_again = false;
    };

    Result<Credentials> ask(const std::string& helper, const std::string& key);
    std::optional<Credentials> find_kept(const std::string& helper, const std::string& key);
    void keep(const std::string& key, Answer answer);

    const std::filesystem::path config_folder_;
    const Clock& clock_;
    const std::map<std::string, Credentials, std::less<>> configured_;
    const std::chrono::milliseconds helper_time_;
    std::mutex asking_;  // held while a helper runs; taken before the next one
    std::mutex mutex_;   // guards the next one
    std::map<std::string, Answer> kept_;
};

}  // namespace slipway::registry
