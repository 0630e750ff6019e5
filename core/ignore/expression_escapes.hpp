#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace slipway::ignore {

/// Takes an escape that stands for one character (`\.`, `\n`, `\x41`, `\101`) from the front of
/// `text`, where its `\` is. The error is the reason, in words.
[[nodiscard]] std::expected<char32_t, std::string> take_rune_escape(std::u32string_view& text);

}  // namespace slipway::ignore
