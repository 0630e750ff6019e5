#pragma once

#include "core/base/result.hpp"
#include "server/gitlab/gitlab_client.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace slipway::gitlab {

// What GitLab answers, as values. Each fails as `failed` where it is not what the API promises.

[[nodiscard]] Result<std::int64_t> read_user(std::string_view body);

/// Of a page of notes those that this user wrote and that begin with `marker`.
[[nodiscard]] Result<std::vector<std::int64_t>> find_own_notes(
    std::string_view body, std::int64_t user, std::string_view marker
);

[[nodiscard]] Result<std::vector<Hook>> read_hooks(std::string_view body);

/// Of a page of a webhook's log those that did not succeed.
[[nodiscard]] Result<std::vector<MissedDelivery>> read_missed(std::string_view body);

}  // namespace slipway::gitlab
