#pragma once

#include "core/base/result.hpp"
#include "core/model/object_id.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace slipway::mirror {

/// Where a repository is cloned from: the configured address, never one from a payload.
struct Remote {
    std::string url = {};
    std::string token = {};                       ///< https: the password of user `oauth2`
    std::filesystem::path ssh_key_file = {};      ///< without a passphrase; ed25519 or ECDSA
    std::filesystem::path known_hosts_file = {};  ///< must hold the host's key
};

struct FetchLimits {
    std::chrono::seconds total = std::chrono::minutes(10);
    std::chrono::seconds silent = std::chrono::seconds(60);  ///< no byte for so long: given up
    std::size_t packs = 500;                                 ///< of a mirror; each fetch adds one
};

/// Brings the bare mirror at `folder` up to date with all branches and tags of its remote, pruning
/// what is gone there; makes it first where it isn't there or is damaged. Its HEAD is the remote's
/// default branch. Then `wanted` commits that are still missing are asked for by their ids; one
/// that the remote does not give is no error: the caller looks. (GitLab gives any; a remote that
/// announces no `allow-…-sha1-in-want`, and a local folder, give none.)
///
/// Blocking; one call at a time per folder (the caller's lock); others may read meanwhile. A
/// half-made mirror is never used: a clone is made beside, as `folder`.new, and renamed into place.
/// So is a mirror of too many packs, each of which libgit2 searches and maps: for whoever reads it,
/// the new one is there when the old one is gone. Where that clone fails the old one is fetched.
/// Redirects are followed within the host only, because the token would go along.
/// Errors: `denied` (credentials, unknown ssh host, certificate), `not_found` (no such repository),
/// `unavailable` (the remote is away, too slow, or cut the connection), `invalid` (the url),
/// `internal`. No message holds a secret.
[[nodiscard]] Result<void> refresh(
    const std::filesystem::path& folder,
    const Remote& remote,
    const std::vector<model::ObjectId>& wanted,
    FetchLimits limits = {}
);

/// The branches of a remote and their tips, without fetching: `refs/heads/main` → id. Errors as
/// above.
[[nodiscard]] Result<std::map<std::string, model::ObjectId>> list_branches(
    const Remote& remote, FetchLimits limits = {}
);

}  // namespace slipway::mirror
