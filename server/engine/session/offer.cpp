#include "server/engine/session/offer.hpp"

#include "core/base/result.hpp"

#include <cstddef>
#include <string>

namespace slipway::engine::session {

Result<void> check(const Offer& offer) {
    for (const auto& [id, content] : offer.secrets) {
        if (content.size() > largest_secret) {
            return fail(
                ErrorCode::too_large,
                "the secret '" + id + "' has " + std::to_string(content.size()) +
                    " bytes, and BuildKit takes 512000 at most"
            );
        }
    }
    for (const auto& [id, path] : offer.ssh_agents) {
        // What the kernel's address of a unix socket has room for.
        constexpr std::size_t longest_path = 107;
        if (path.empty() || path.native().size() > longest_path) {
            return fail(
                ErrorCode::invalid,
                "the socket '" + path.string() + "' of the ssh agent '" + id +
                    "' must be a path of 1 to 107 bytes"
            );
        }
    }
    return {};
}

}  // namespace slipway::engine::session
