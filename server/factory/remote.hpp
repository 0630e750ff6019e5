#pragma once

#include "server/config/config.hpp"
#include "server/mirror/mirror.hpp"

namespace slipway::factory {

/// Where a repository is cloned from, with what it takes to be let in.
[[nodiscard]] mirror::Remote remote_of(const config::Repository& repository);

}  // namespace slipway::factory
