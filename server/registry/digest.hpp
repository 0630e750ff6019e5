#pragma once

#include <string>
#include <string_view>

namespace slipway::registry {

/// `sha256:` and 64 hex digits.
[[nodiscard]] std::string sha256_digest(std::string_view bytes);

/// Whether `text` could be what sha256_digest returns.
[[nodiscard]] bool is_sha256_digest(std::string_view text);

}  // namespace slipway::registry
