#pragma once

#include "core/base/result.hpp"
#include "core/plan/plan.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/planning/planner.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace slipway::factory {

/// What somebody asks to be merged.
struct MergeRequest {
    std::string commit;                   ///< the tip of the source, in full
    std::string target_branch;            ///< short
    std::optional<TraceContext> trace{};  ///< that planning is part of
};

/// What merging would build.
struct MergePlan {
    std::string commit;         ///< of the source
    std::string target_commit;  ///< that it was merged with
    std::string target_branch;
    std::vector<std::string> conflicts;  ///< paths; where there are any, nothing is planned
    plan::Plan plan{};
    std::chrono::microseconds planning{};  ///< that took it
    bool is_pushed = false;                ///< images of the target branch are pushed
    bool refuses_overwrite = false;        ///< a reference that its registry has fails the build
    std::set<std::string> held;  ///< of the plan's references those that their registry has
    bool asked_all = true;       ///< whether all registries answered
    std::map<std::string, std::chrono::milliseconds> durations;  ///< by folder, as it used to take
};

/// Up to so many references are looked for in their registries.
inline constexpr std::size_t most_references_asked = 100;

/// Brings the mirror up to date, merges in memory and plans; without what registries and the store
/// know. Blocking; one call at a time per mirror. Errors: those of mirror::refresh() and of
/// reading, but `failed` where there is no such remote; `not_found`: the commit or the branch is
/// gone; `invalid`: no branch rule matches the target.
[[nodiscard]] Result<MergePlan> plan_merge(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const MergeRequest& request
);

/// How long the plan takes from its first image to its last, where engines have room for all that
/// may be built at once: its longest chain. Images that were never built count nothing.
[[nodiscard]] std::chrono::milliseconds longest_chain(
    const plan::Plan& plan, const std::map<std::string, std::chrono::milliseconds>& durations
);

}  // namespace slipway::factory
