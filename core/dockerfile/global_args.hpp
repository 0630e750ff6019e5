#pragma once

#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/shell_lex.hpp"
#include "core/dockerfile/shell_pattern.hpp"

#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

using BuildArgs = std::map<std::string, std::string>;

/// The only variables that a FROM sees: the predefined ones and the `ARG`s before the first FROM,
/// in their order.
class GlobalArgs {
public:
    /// `build_args` must outlive it. They override the predefined variables, and the `ARG`s that
    /// are declared.
    GlobalArgs(const BuildArgs& build_args, std::string_view target_stage, char escape);

    void declare(const Instruction& arg, Problems& problems);

    /// `text` with its variables expanded; the error is what is wrong with it.
    [[nodiscard]] std::expected<std::string, std::string> expand(std::string_view text);

private:
    const BuildArgs& build_args_;
    LexOptions options_;
    ExpansionBudget budget_;
    Variables variables_;

    [[nodiscard]] std::expected<void, std::string> declare_word(std::string_view word);
};

}  // namespace slipway::dockerfile
