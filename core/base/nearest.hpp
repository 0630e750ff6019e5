#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace slipway {

/// The known word nearest to `word` by edit distance, for "did you mean"; nothing when none is
/// within a third of its length (at least 2).
[[nodiscard]] std::optional<std::string_view> nearest(
    std::string_view word, std::span<const std::string_view> known
);

}  // namespace slipway
