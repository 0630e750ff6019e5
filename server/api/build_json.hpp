#pragma once

#include "server/store/store.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace slipway::api {

/// A build as the API shows it, with its plan and steps; every field present, `null` for nothing.
[[nodiscard]] nlohmann::ordered_json to_json(const store::Build& build);

/// The same without plan and steps, for lists.
[[nodiscard]] nlohmann::ordered_json to_brief_json(const store::Build& build);

[[nodiscard]] nlohmann::ordered_json to_json(const store::Step& step);

/// What would be asked for.
[[nodiscard]] nlohmann::ordered_json to_json(const store::NewBuild& build);

/// One line. What is not UTF-8 is replaced: the name of a folder in git need not be.
[[nodiscard]] std::string to_text(const nlohmann::ordered_json& json);

}  // namespace slipway::api
