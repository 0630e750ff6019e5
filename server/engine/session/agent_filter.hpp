#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::engine::session {

/// What a build may ask an ssh agent: which keys it has, and for signatures. Whatever else it asks,
/// as adding, removing or locking keys, reaches the agent as a request of no known kind, so the
/// agent itself refuses it, in its turn.
class AgentFilter {
public:
    static constexpr std::uint32_t largest_request = 256UL * 1024;  // as of OpenSSH's agent

    /// What goes to the agent for these bytes, cut anywhere. Errors: `too_large`.
    [[nodiscard]] Result<std::string> feed(std::string_view bytes);

private:
    std::string header_;      // the size and kind of a request that has begun
    std::uint32_t rest_ = 0;  // of the request behind its header
    bool allowed_ = false;
};

}  // namespace slipway::engine::session
