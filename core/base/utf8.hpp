#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// `bytes` with U+FFFD in place of what is not UTF-8, one per ill-formed sequence as browsers do
/// (Unicode §3.9, maximal subparts).
[[nodiscard]] std::string valid_utf8(std::string_view bytes);

}  // namespace slipway
