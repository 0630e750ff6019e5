#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

namespace slipway::http {

struct ServerLimits {
    std::size_t body_bytes = 26214400;  ///< GitLab sends up to 25 MiB; more is 413
    std::size_t header_bytes = 16384;   ///< more is 431 (414 where the first line alone is longer)
    std::size_t bodies_bytes = 268435456;  ///< of all requests together, in memory (256 MiB); for
                                           ///< more the sender that began first is cut off
    std::size_t connections = 4096;        ///< for one more the sender that began first is cut off;
                                           ///< where all have their request answered it waits
    /// Until a request's head is there; also for a new connection's first.
    std::chrono::milliseconds head = std::chrono::seconds(10);
    std::chrono::milliseconds idle = std::chrono::seconds(60);  ///< between two requests
    std::chrono::milliseconds body = std::chrono::seconds(60);  ///< until its body is there
    /// Whose answer takes longer gives way, too, where all connections are taken.
    std::chrono::milliseconds answer = std::chrono::seconds(10);
    std::chrono::milliseconds write = std::chrono::seconds(30);  ///< until the answer is sent
};

/// Told of every answer: the pattern of its route (`-` where none), its status and how long it took
/// to make.
using Observer = std::function<void(
    std::string_view method,
    std::string_view pattern,
    unsigned status,
    std::chrono::microseconds took
)>;

}  // namespace slipway::http
