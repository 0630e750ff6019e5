#pragma once

#include "core/plan/plan.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace slipway::plan {

/// The object that `slipway plan --format json` prints and the API shows: every field
/// present, `null` for nothing.
[[nodiscard]] nlohmann::ordered_json to_json(const Plan& plan);

[[nodiscard]] nlohmann::ordered_json to_json(const Reason& reason);

/// In words: `changed: python/Dockerfile and 3 more`, `base was rebuilt`.
[[nodiscard]] std::string in_words(const Reason& reason);

}  // namespace slipway::plan
