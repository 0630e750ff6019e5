#pragma once

#include "server/config/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::factory {

/// What a branch's rule says of a push, with what only the branch decides filled in.
struct Policy {
    bool push = false;
    bool cancel_superseded = false;  ///< a newer push stops what runs of an older one
    bool attest = true;              ///< what the repository's `attest` says holds
    std::vector<std::string> tags;   ///< `{version}` and `{sha}` still to be replaced
};

/// The policy of a full reference; nothing where no rule matches, so that it is not built. Branches
/// are matched by their short name; a tag (`refs/tags/v1`) only by a rule that is written
/// `refs/tags/…`, since a tag names a commit that some branch had already.
[[nodiscard]] std::optional<Policy> find_policy(
    const config::Repository& repository, std::string_view ref
);

/// `{sha}` becomes the first 8 digits of the commit.
[[nodiscard]] std::vector<std::string> fill_in_commit(
    std::vector<std::string> tags, std::string_view commit
);

/// `feature/Ä b` → `feature-b`: what of a branch's name may stand in a tag; never empty, at most 63
/// characters.
[[nodiscard]] std::string as_tag(std::string_view branch);

}  // namespace slipway::factory
