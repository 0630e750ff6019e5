#pragma once

#include "core/base/result.hpp"
#include "server/base/credentials.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace slipway::engine::session {

namespace net = boost::asio;

inline constexpr std::size_t largest_secret = 500UL * 1024;  // BuildKit's convention

/// What a build may ask for while it runs. BuildKit asks only for what the Dockerfile names.
struct Offer {
    /// The credentials of a registry, `host[:port]`, Docker Hub's as `docker.io`; empty ones:
    /// anonymous. Runs on the executor of the call, and may run several times at once. No function:
    /// always anonymous.
    std::function<net::awaitable<Result<Credentials>>(std::string registry)> credentials{};
    std::map<std::string, std::string> secrets{};  ///< by the id of --mount=type=secret,id=
    /// The sockets of agents, by the id of --mount=type=ssh,id= (`default` where it has none). A
    /// build may list the keys and have things signed, nothing else.
    std::map<std::string, std::filesystem::path> ssh_agents{};
};

/// Errors: `too_large`: a secret above largest_secret; `invalid`: a path that is too long for a
/// socket.
[[nodiscard]] Result<void> check(const Offer& offer);

}  // namespace slipway::engine::session
