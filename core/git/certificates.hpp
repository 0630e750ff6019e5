#pragma once

namespace slipway::git {

/// Reads the system's certificate authorities into libgit2. Call before the first https fetch;
/// without it every certificate is refused. Not done at start because it takes 4 ms, more than a
/// whole `slipway plan`. Thread-safe, once for the process.
void load_certificates();

}  // namespace slipway::git
