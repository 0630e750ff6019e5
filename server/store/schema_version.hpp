#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::store {

/// What a database says of its schema: how many migrations made it, and how many a slipway must
/// know at least to work on it. What came in between adds only what an older one need not know of.
struct SchemaVersion {
    std::int64_t number = 0;
    std::int64_t oldest = 0;
};

/// Why a slipway that knows `known` migrations can't use it, as `was written by a newer slipway …`;
/// nothing: it can.
[[nodiscard]] std::optional<std::string> refusal(SchemaVersion schema, std::int64_t known);

}  // namespace slipway::store
