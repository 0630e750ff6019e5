#pragma once

#include "core/ignore/program.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace slipway::ignore {

/// Compiles the part of Go's regular expressions that translate() can produce. The error is the
/// reason, in words.
///
/// Refused although Go takes them: `\p`, `\P` and `\Q`, which nobody means in a file name, and more
/// than 10,000 instructions.
[[nodiscard]] std::expected<Program, std::string> compile_expression(std::u32string_view expression
);

}  // namespace slipway::ignore
