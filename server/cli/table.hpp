#pragma once

#include "core/plan/plan.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {

/// Rows of cells, the columns as wide as their widest cell, no blanks at a line's end. Width is
/// counted in code points.
[[nodiscard]] std::string to_table(const std::vector<std::vector<std::string>>& rows);

/// The plan as a person reads it.
[[nodiscard]] std::string to_text(const plan::Plan& plan);

/// `0.4s`, `12.3s`, `2m 05s`.
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

}  // namespace slipway::cli
