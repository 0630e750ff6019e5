#pragma once

#include "core/base/result.hpp"
#include "server/mirror/mirror.hpp"

#include <string_view>

namespace slipway::mirror {

/// The error of the libgit2 call that just returned `code` on this thread, classified by what the
/// caller does about it. What the remote said is shortened; the remote's token and password are
/// taken out of it.
[[nodiscard]] std::unexpected<Error> remote_failure(
    std::string_view doing, int code, const Remote& remote
);

}  // namespace slipway::mirror
