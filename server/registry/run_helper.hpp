#pragma once

#include "core/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace slipway::registry {

/// What a credential helper said. All of it may hold secrets.
struct HelperOutput {
    int exit_code = 0;  ///< 128 + the signal's number where a signal ended it, as in a shell
    std::string answer{};
    std::string notes{};  ///< its standard error
};

/// Runs `program get`, found on PATH, with `input` (at most 4 KiB) as its standard input and with
/// this process's environment. Blocks until it ends; what it leaves running in the background is
/// not waited for. Any thread.
///
/// Errors: `invalid` (it can't be started), `unavailable` (it took longer than `time`, or the
/// system is out of something), `too_large` (more than 64 KiB of output). In the latter two its
/// process group was killed. No message quotes the input or the output.
[[nodiscard]] Result<HelperOutput> run_helper(
    const std::string& program, std::string_view input, std::chrono::milliseconds time
);

}  // namespace slipway::registry
