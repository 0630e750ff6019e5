#pragma once

#include "core/base/result.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

namespace slipway::factory {

/// Takes one ready (or built) step to its end: build, then push, each retried for temporary causes,
/// each state recorded before the next thing is done. The step that comes back is as it was
/// recorded last; not final where the build was stopped. It takes a place on an engine that fits,
/// and gives it back while it waits for another attempt.
[[nodiscard]] net::awaitable<Result<store::Step>> run_step(
    Workshop& workshop,
    const Source& source,
    const Observer& observer,
    Parents& parents,
    store::Step step
);

}  // namespace slipway::factory
