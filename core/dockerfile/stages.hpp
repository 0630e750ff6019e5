#pragma once

#include "core/dockerfile/dockerfile.hpp"
#include "core/dockerfile/global_args.hpp"
#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/problems.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::dockerfile {

struct Stage {
    std::optional<Parent> parent;     ///< the image it starts from
    std::optional<std::size_t> base;  ///< or the stage; neither for `scratch`
    Place place;
    std::vector<Instruction> instructions;  ///< without its ONBUILDs
    std::vector<Instruction> onbuilds;
};

struct Stages {
    std::vector<Stage> list;
    std::map<std::string, std::size_t> by_name;  ///< lower case; the last of a name
};

/// Cuts a file into stages and resolves their FROMs. A FROM that is wrong is reported, and starts a
/// stage without a parent.
[[nodiscard]] Stages read_stages(
    Instructions instructions, const BuildArgs& build_args, Problems& problems
);

/// What is wrong with a reference as an image's name; empty if nothing.
[[nodiscard]] std::string reference_fault(const std::string& reference);

}  // namespace slipway::dockerfile
