#pragma once

#include <string_view>

namespace slipway::ignore {

/// Whether Go's filepath.Match(pattern, ".") takes the pattern: moby's syntax check. It stops at
/// the first piece that doesn't match ".", so what is wrong behind that is found by the
/// expression's parser, or not at all.
[[nodiscard]] bool is_valid_glob(std::string_view pattern);

}  // namespace slipway::ignore
