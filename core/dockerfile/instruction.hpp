#pragma once

#include "core/dockerfile/problems.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

struct Instruction {
    std::string keyword;             ///< lower case
    std::vector<std::string> flags;  ///< as Command's
    std::string rest;                ///< what follows the flags
    std::string heredocs;            ///< the texts of its heredocs, each with its last line
    Place place;
};

struct Instructions {
    std::vector<Instruction> list;
    char escape = '\\';
    int last_line = 0;
};

/// The instructions of a file that BuildKit knows; every other one is reported.
[[nodiscard]] Instructions read_instructions(std::string_view text, Problems& problems);

}  // namespace slipway::dockerfile
