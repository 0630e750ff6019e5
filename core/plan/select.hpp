#pragma once

#include "core/plan/plan.hpp"

#include <string>
#include <vector>

namespace slipway::plan {

/// A part of a plan, and what was asked for in vain.
struct Selection {
    Plan plan;
    std::vector<std::string> missing;  ///< folders that are no step, as they were asked for
};

/// The plan's steps of these folders (as shown) alone. Their reasons stay; needs are those among
/// them, since whatever else they are built on was pushed before: by another job, or long ago.
/// What is left out counts as unchanged.
[[nodiscard]] Selection select_folders(Plan plan, const std::vector<std::string>& folders);

}  // namespace slipway::plan
