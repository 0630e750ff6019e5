#pragma once

#include "core/ignore/program.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::ignore {

/// Takes `\d`, `\D`, `\s`, `\S`, `\w` or `\W`; nothing, and `text` as it was, where something else
/// stands there.
[[nodiscard]] std::optional<RuneSet> take_set_escape(std::u32string_view& text);

/// Takes a character class from its `[` to its `]`. The error is the reason, in words.
[[nodiscard]] std::expected<RuneSet, std::string> take_class(std::u32string_view& text);

/// Why `\p`, `\P` or `\Q` at the front of `text` is refused; nothing where none of them is.
[[nodiscard]] std::optional<std::string> refused_escape(std::u32string_view text);

}  // namespace slipway::ignore
