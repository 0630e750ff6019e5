#pragma once

#include "server/store/store.hpp"

#include <nlohmann/json_fwd.hpp>

namespace slipway::api {

/// What the registry holds of a folder of a branch, and what is owed of it.
[[nodiscard]] nlohmann::ordered_json to_json(const store::LedgerEntry& entry);

/// The same as one debt, for the list of them.
[[nodiscard]] nlohmann::ordered_json to_owed_json(const store::LedgerEntry& entry);

}  // namespace slipway::api
