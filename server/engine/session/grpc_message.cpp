#include "server/engine/session/grpc_message.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine::session {
namespace {

constexpr std::size_t prefix_size = 5;

std::size_t size_in(std::string_view prefix) {
    std::size_t size = 0;
    for (const char c : prefix.substr(1, prefix_size - 1)) {
        size = (size << 8U) | static_cast<std::uint8_t>(c);
    }
    return size;
}

std::expected<std::size_t, Status> message_size(std::string_view prefix) {
    if (prefix.front() != '\0') {
        return std::unexpected(Status{StatusCode::unimplemented, "messages can't be compressed"});
    }
    const std::size_t size = size_in(prefix);
    if (size > MessageReader::largest_message) {
        return std::unexpected(Status{
            StatusCode::resource_exhausted,
            "a message of " + std::to_string(size) + " bytes is too large"
        });
    }
    return size;
}

}  // namespace

std::string framed(std::string_view message) {
    std::string out(1, '\0');
    for (unsigned shift = 32; shift > 0;) {
        shift -= 8;
        out += static_cast<char>((message.size() >> shift) & 0xFFU);
    }
    return out += message;
}

std::string percent_encoded(std::string_view words) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : words) {
        if (c >= ' ' && c <= '~' && c != '%') {
            out += c;
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(c);
        out += '%';
        out += hex[byte >> 4U];
        out += hex[byte & 15U];
    }
    return out;
}

std::expected<std::vector<std::string>, Status> MessageReader::feed(std::string_view bytes) {
    std::vector<std::string> messages;
    while (!bytes.empty()) {
        std::size_t whole = prefix_size;
        if (pending_.size() >= prefix_size) {
            whole += size_in(pending_);
        }
        const std::size_t missing = std::min(whole - pending_.size(), bytes.size());
        pending_ += bytes.substr(0, missing);
        bytes.remove_prefix(missing);
        if (pending_.size() == prefix_size) {
            const auto size = message_size(pending_);
            if (!size) {
                return std::unexpected(size.error());
            }
            whole = prefix_size + *size;
        }
        if (pending_.size() == whole) {
            messages.push_back(pending_.substr(prefix_size));
            pending_.clear();
        }
    }
    return messages;
}

}  // namespace slipway::engine::session
