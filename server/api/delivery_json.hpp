#pragma once

#include "server/store/store.hpp"

#include <nlohmann/json_fwd.hpp>

namespace slipway::api {

/// A stored delivery without its body.
[[nodiscard]] nlohmann::ordered_json to_json(const store::Delivery& delivery);

}  // namespace slipway::api
