#include "server/engine/session/agent_filter.hpp"

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::engine::session {
namespace {

constexpr std::size_t size_bytes = 4;
constexpr std::string_view unknown_request("\0\0\0\1\xFF", 5);

std::uint32_t size_in(std::string_view header) {
    std::uint32_t size = 0;
    for (const char c : header.substr(0, size_bytes)) {
        size = (size << 8U) | static_cast<std::uint8_t>(c);
    }
    return size;
}

bool may_ask(char kind) {
    constexpr char request_identities = 11;
    constexpr char sign_request = 13;
    return kind == request_identities || kind == sign_request;
}

}  // namespace

Result<std::string> AgentFilter::feed(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        if (rest_ > 0) {
            const std::string_view piece = bytes.substr(0, rest_);
            out += allowed_ ? piece : "";
            rest_ -= static_cast<std::uint32_t>(piece.size());
            bytes.remove_prefix(piece.size());
            continue;
        }
        header_ += bytes.front();
        bytes.remove_prefix(1);
        if (header_.size() < size_bytes + 1) {
            continue;
        }
        const std::uint32_t size = size_in(header_);
        if (size == 0 || size > largest_request) {
            return fail(ErrorCode::too_large, "a request to the ssh agent has no possible size");
        }
        rest_ = size - 1;
        allowed_ = may_ask(header_.back());
        out += allowed_ ? std::string_view(header_) : unknown_request;
        header_.clear();
    }
    return out;
}

}  // namespace slipway::engine::session
