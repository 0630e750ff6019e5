#pragma once

#include "core/base/result.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <set>
#include <string>

namespace slipway::factory {

/// Takes one ready (or built) step to its end: build, then push, each retried for temporary causes,
/// each state recorded before the next thing is done. The step that comes back is as it was
/// recorded last; not final where the build was stopped. It takes the slots that it needs, and
/// gives them back while it waits for another attempt.
[[nodiscard]] net::awaitable<Result<store::Step>> run_step(
    Workshop& workshop,
    const Source& source,
    const Observer& observer,
    const std::set<std::string>& built_here,
    store::Step step
);

}  // namespace slipway::factory
