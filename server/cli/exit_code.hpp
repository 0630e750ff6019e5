#pragma once

namespace slipway::cli {

/// What a shell script may rely on.
inline constexpr int exit_done = 0;
inline constexpr int exit_wrong = 1;  ///< something in the repository or a build is wrong
inline constexpr int exit_usage = 2;  ///< wrong usage, a revision or repository that does not exist
inline constexpr int exit_outside = 3;  ///< an outside part failed: engine, registry, remote
inline constexpr int exit_interrupted = 130;

}  // namespace slipway::cli
