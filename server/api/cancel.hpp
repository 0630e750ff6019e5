#pragma once

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <vector>

namespace slipway::api {

/// What a cancel does to a build as it is now.
struct Cancelling {
    model::BuildState state{};             ///< of the build right after it
    std::vector<store::Step> cancelled{};  ///< nobody has begun them
    std::vector<store::Step> stopped{};    ///< a worker has them, and stops them
};

/// Errors: `conflict`: the build (with its steps) is final.
[[nodiscard]] Result<Cancelling> what_cancel_does(const store::Build& build);

}  // namespace slipway::api
