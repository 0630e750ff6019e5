#pragma once

#include "core/git/repository.hpp"
#include "server/cli/options.hpp"
#include "server/planning/planner.hpp"

#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace slipway::cli {

/// A repository on this machine with a planner that remembers in the user's cache folder.
struct Local {
    std::unique_ptr<git::Repository> repository;
    std::unique_ptr<planning::Planner> planner;
    std::string name;  ///< of the folder that the repository is in
};

/// Prints what is wrong and answers the exit code instead where there is no repository.
[[nodiscard]] std::expected<Local, int> open_local(
    const std::string& folder, const std::string& registry
);

/// Plans, prints errors of resolving and reading, answers the exit code instead.
[[nodiscard]] std::expected<planning::Planned, int> plan_local(
    Local& local, const PlanOptions& options
);

/// A folder as plans name it, however it was typed: `./python/` is `python`, `./` is `.`.
[[nodiscard]] std::string named_folder(std::string_view typed);

/// The object on standard output, indented. Bytes that are not UTF-8 (a path in git) are replaced.
void print_json(const nlohmann::ordered_json& json);

/// Prints the plan's errors as `path:line:column: message` on standard error; answers exit_done or
/// exit_wrong.
int report_errors(const plan::Plan& plan);

/// Prints `slipway: message` on standard error and answers the code that fits the error.
int report(const Error& error);

}  // namespace slipway::cli
