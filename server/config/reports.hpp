#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

#include <string>
#include <vector>

namespace slipway::config {

/// Reads `public_url`, without a `/` at its end.
void read_public_url(Reader& reader, std::string& target);

/// Reads a repository's `gitlab`, after its `project` and `url`.
void read_gitlab(Reader reader, const Repository& repository, GitLab& target);

/// Reads the list `notifications`, after `repositories`, which it may name.
void read_notifications(
    Reader& reader, const std::vector<Repository>& repositories, std::vector<Notification>& target
);

}  // namespace slipway::config
