#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::wire {

/// RFC 4648 §4, padded.
[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// RFC 4648 §5 (`-` and `_`), padded: what the Engine API wants in X-Registry-Auth. The standard
/// alphabet there is silently taken for "no credentials".
[[nodiscard]] std::string base64url_encode(std::string_view bytes);

/// Either alphabet, with or without padding; nothing for anything else.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace slipway::wire
