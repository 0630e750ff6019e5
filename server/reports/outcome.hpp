#pragma once

#include "core/base/result.hpp"
#include "core/model/retry.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <limits>
#include <string>

namespace slipway::reports {

/// About nine hours: 1 s, 2 s, … an hour.
inline constexpr model::RetryPolicy patience{
    .most_attempts = 20,
    .first = std::chrono::seconds(1),
    .longest = std::chrono::hours(1),
};

/// How a report stands after it was tried: only `unavailable` and `cancelled` are tried again, not
/// before what the other side asked for (six hours at most), and not for ever. `jitter` as of
/// model::next_wait().
[[nodiscard]] store::ReportEnd end_after(
    const store::Report& report, const Result<void>& tried, store::Time now, double jitter
);

/// Not wanted any more.
[[nodiscard]] store::ReportEnd dropped(std::string why);

/// Not tried, as nothing is sent there before `until`: it costs no attempt.
[[nodiscard]] store::ReportEnd held_back(const store::Report& report, store::Time until);

}  // namespace slipway::reports
