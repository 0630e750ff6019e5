#pragma once

#include "server/gitlab/gitlab_client.hpp"
#include "server/store/store.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::reports {

/// The status of a build's commit as a whole: `slipway`. `public_url` as configured; empty: no
/// link.
[[nodiscard]] gitlab::CommitStatus status_of(
    const store::Build& build, std::string_view public_url
);

/// The status of one image: `slipway/<folder>`.
[[nodiscard]] gitlab::CommitStatus status_of(
    const store::Build& build, const store::Step& step, std::string_view public_url
);

/// `main` of `refs/heads/main`, `v1` of `refs/tags/v1`.
[[nodiscard]] std::string short_ref(std::string_view ref);

/// The first line, so that GitLab takes it: at most 255 bytes, whole UTF-8 characters.
[[nodiscard]] std::string fit(std::string_view given);

/// Where people see a build; empty without `public_url`.
[[nodiscard]] std::string page_of(std::string_view public_url, BuildId build);

}  // namespace slipway::reports
