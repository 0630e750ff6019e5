#pragma once

#include <string>
#include <string_view>

namespace slipway::ignore {

/// The shortest path that names the same by its text alone, as Go's filepath.Clean: no `.`, no
/// `//`, no `/` at the end,
/// `..` only where nothing is left to go back to. The empty path is `.`.
[[nodiscard]] std::string clean_path(std::string_view path);

}  // namespace slipway::ignore
