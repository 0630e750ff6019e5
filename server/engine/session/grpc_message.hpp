#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine::session {

/// Those of gRPC's status codes that are answered here.
enum class StatusCode : std::uint8_t {
    ok = 0,
    not_found = 5,
    resource_exhausted = 8,
    failed_precondition = 9,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
};

/// How a call ended. The words reach the build's error: never a secret in them.
struct Status {
    StatusCode code = StatusCode::ok;
    std::string words{};

    bool operator==(const Status&) const = default;
};

/// A message as it is sent: a flag, its size in four bytes, itself.
[[nodiscard]] std::string framed(std::string_view message);

/// The words of a status as the header grpc-message wants them: printable ASCII.
[[nodiscard]] std::string percent_encoded(std::string_view words);

/// Finds the messages in a stream's bytes, cut anywhere.
class MessageReader {
public:
    static constexpr std::size_t largest_message = 256UL * 1024;

    /// The messages that `bytes` completes. After an error nothing more may be fed.
    [[nodiscard]] std::expected<std::vector<std::string>, Status> feed(std::string_view bytes);

    [[nodiscard]] bool in_message() const { return !pending_.empty(); }

private:
    std::string pending_;
};

}  // namespace slipway::engine::session
