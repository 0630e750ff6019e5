#pragma once

#include "server/config/config.hpp"
#include "server/http/message.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

namespace slipway::api {

enum class Authenticity : std::uint8_t { authentic, stale, unknown };

struct Authentication {
    Authenticity verdict = Authenticity::unknown;
    std::set<std::string> repositories;  ///< names of those whose secret fits
};

/// Which repositories' secrets a delivery was sent with, on the raw body, before anything of it is
/// parsed.
///
/// A request with `webhook-signature` is judged by signing keys alone, one without by tokens alone;
/// a repository that configures only signing keys accepts no unsigned delivery, so leaving the
/// signature out is no way around it. All secrets are compared, without an early exit.
[[nodiscard]] Authentication authenticate(
    const config::Config& config, const http::Request& request, std::chrono::sys_seconds now
);

}  // namespace slipway::api
