#pragma once

#include "core/plan/explain.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace slipway::plan {

/// `built`, `not_built`, `waiting`.
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// The object that `slipway explain --format json` prints and the API shows: every field present,
/// `null` for nothing. A cause has its `kind`, what belongs to it, and itself in `words`.
[[nodiscard]] nlohmann::ordered_json to_json(const Explanation& explanation);

/// One line, without its end.
[[nodiscard]] std::string in_words(const Cause& cause);

/// The verdict, then a line for each cause.
[[nodiscard]] std::string in_words(const Explanation& explanation);

}  // namespace slipway::plan
