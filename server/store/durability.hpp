#pragma once

#include <cstdint>

namespace slipway::store {

/// What the answer to a write promises, where the machine or the database's server then crashes.
enum class Durability : std::uint8_t {
    now,   ///< it is on disk
    later  ///< it is, at the latest with the next write that is answered `now`; until then it may
           ///< be undone, with all that was written after it. A killed process undoes nothing.
};

}  // namespace slipway::store
