#pragma once

#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

namespace slipway::api {

/// Makes of a merge request's delivery, whose body is there, a report that is owed: the plan of
/// what merging it would build. `reason` says why where it makes none. `trace`: that the report is
/// part of.
void ask_for_plan(
    const config::Repository& repository, const TraceContext& trace, store::NewDelivery& delivery
);

}  // namespace slipway::api
