#pragma once

#include "core/base/utf8.hpp"

#include <string>
#include <string_view>

namespace slipway::manifest {

/// `'text'`, shortened where it is too long for a message.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    return "'" + shortened(text) + "'";
}

}  // namespace slipway::manifest
