#pragma once

#include "core/base/source_error.hpp"
#include "core/plan/plan.hpp"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace slipway::plan {

/// The object that `slipway plan --format json` prints and the API shows: every field
/// present, `null` for nothing.
[[nodiscard]] nlohmann::ordered_json to_json(const Plan& plan);

[[nodiscard]] nlohmann::ordered_json to_json(const Step& step);
[[nodiscard]] nlohmann::ordered_json to_json(const Reason& reason);
[[nodiscard]] nlohmann::ordered_json to_json(const Removed& removed);
[[nodiscard]] nlohmann::ordered_json to_json(const SourceError& error);

/// A reason out of what to_json() made of it; nothing where its kind is none of ours. Throws
/// nlohmann::json::type_error where a field is of another type.
[[nodiscard]] std::optional<Reason> reason_from_json(const nlohmann::ordered_json& json);

/// A plan out of what to_json() made of it, an absent field as nothing; nothing where it is of
/// another form.
[[nodiscard]] std::optional<Plan> plan_from_json(const nlohmann::ordered_json& json);

/// The text, `null` where it is empty.
[[nodiscard]] nlohmann::ordered_json or_null(const std::string& text);

/// In words: `changed: python/Dockerfile and 3 more`, `base was rebuilt`.
[[nodiscard]] std::string in_words(const Reason& reason);

}  // namespace slipway::plan
