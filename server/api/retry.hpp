#pragma once

#include "core/base/result.hpp"
#include "server/store/store.hpp"

namespace slipway::api {

/// The build that tries again what did not end well in this one (with its steps): the folders whose
/// steps failed, were cancelled or skipped, as a person's request for the tip of its reference, or
/// for the same commits where it named none. One that ended before it was planned is asked for as
/// it was. Errors: `conflict`: it has not ended, or there is nothing to try again.
[[nodiscard]] Result<store::NewBuild> retry_of(const store::Build& build);

}  // namespace slipway::api
