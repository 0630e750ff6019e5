#pragma once

#include "core/base/source_error.hpp"
#include "core/base/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace slipway::fuzz {

/// Errors lead to a place in the file, and can be shown.
inline void check_errors(
    const std::vector<SourceError>& errors, std::string_view text, std::string_view path
) {
    const auto lines = static_cast<int>(std::ranges::count(text, '\n')) + 1;
    for (const SourceError& error : errors) {
        require(error.path == path, "an error names the file");
        require(error.line >= 1 && error.line <= lines + 1, "an error's line is in the file");
        require(error.column >= 1, "columns are counted from 1");
        require(!error.message.empty(), "an error says something");
        require(
            error.message.size() <= text.size() + 1000, "an error is not longer than its cause"
        );
    }
}

}  // namespace slipway::fuzz
