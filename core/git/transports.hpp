#pragma once

#include "core/base/result.hpp"

namespace slipway::git {

/// Makes libgit2's TLS, with the system's certificate authorities, and its SSH ready. Call before
/// the first fetch. Not done at start because it takes longer than a whole `slipway plan`, which
/// reads no remote. Thread-safe, once for the process; what failed for a lack of memory or entropy
/// is tried again by the next caller. Errors: git_failure()'s.
[[nodiscard]] Result<void> start_transports();

}  // namespace slipway::git
