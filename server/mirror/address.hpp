#pragma once

#include "core/base/result.hpp"
#include "server/mirror/mirror.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::mirror {

enum class Transport : std::uint8_t { local, http, ssh, unsupported };

/// How libgit2 would reach `url`; only what the configuration allows, the rest is `unsupported`.
[[nodiscard]] Transport transport_of(std::string_view url);

/// `url` as it may be shown: without a user's password or token in it.
[[nodiscard]] std::string shown(std::string_view url);

/// What can be said without a connection. Errors: `invalid` (the url), `not_found` (a local
/// folder), `denied` (files of the ssh key and the known hosts).
[[nodiscard]] Result<void> check(const Remote& remote);

}  // namespace slipway::mirror
