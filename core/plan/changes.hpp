#pragma once

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace slipway::plan {

/// Reasons by image of the `after` catalog.
using Reasons = std::map<std::uint32_t, std::vector<Reason>>;

/// What differs between the two sides by itself: changed, added and watched images. Broken ones are
/// among them.
[[nodiscard]] Result<Reasons> find_changes(git::SourceTree& tree, const Sides& sides);

/// Folders with an image before and none after, with where the image went.
[[nodiscard]] std::vector<Removed> find_removed(const Sides& sides);

}  // namespace slipway::plan
