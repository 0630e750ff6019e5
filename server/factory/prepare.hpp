#pragma once

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/factory/work.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace slipway::factory {

struct Prepared {
    Source source;
    std::optional<store::PlanRecord> record;  ///< nothing where the build has its plan already
    std::chrono::microseconds planning{};     ///< how long the planner took
};

/// Brings the mirror at `mirror` up to date and plans the build; of one that was planned before it
/// only opens the commit. Blocking; one call at a time per mirror.
///
/// Errors: those of mirror::refresh() and Planner::plan(); `not_found`: the commit is in no branch
/// any more (a forced push); `invalid`: the ids are of a SHA-256 repository, or no branch rule
/// matches.
[[nodiscard]] Result<Prepared> prepare_build(
    const config::Repository& repository,
    const std::filesystem::path& mirror,
    planning::Planner& planner,
    const store::Build& build
);

/// The repository's settings as the planner wants them.
[[nodiscard]] catalog::CatalogOptions catalog_options(const config::Repository& repository);

}  // namespace slipway::factory
