#pragma once

#include "core/base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::http {

/// A request target, decoded. Dots in a path mean nothing here: `/a/../b` has three segments.
struct Target {
    std::string path;                          ///< never empty
    std::vector<std::string> segments;         ///< split first, then decoded; none for `/`
    std::map<std::string, std::string> query;  ///< a plus is a space; the last of a repeated name
};

/// `/path?query` or `http://host/path?query`. Errors: `invalid` for anything else, for an escape
/// that is none and for NUL.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

}  // namespace slipway::http
