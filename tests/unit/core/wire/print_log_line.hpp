#pragma once

#include "core/wire/engine_progress.hpp"

#include <ostream>
#include <string_view>

namespace slipway::wire {

/// Of one width, so that the texts of a golden file stand below each other.
inline std::string_view padded_name(LogLine::Kind kind) {
    switch (kind) {
        case LogLine::Kind::step:
            return "step     ";
        case LogLine::Kind::output:
            return "output   ";
        case LogLine::Kind::progress:
            return "progress ";
        case LogLine::Kind::warning:
            return "warning  ";
        case LogLine::Kind::error:
            return "error    ";
    }
    return "?";
}

inline std::ostream& operator<<(std::ostream& out, const LogLine& line) {
    return out << padded_name(line.kind) << line.text;
}

}  // namespace slipway::wire
