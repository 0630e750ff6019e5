#include "server/reports/outcome.hpp"

#include "core/base/result.hpp"
#include "core/model/retry.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace slipway::reports {
namespace {

constexpr std::chrono::seconds longest_asked = std::chrono::hours(6);

}  // namespace

store::ReportEnd end_after(
    const store::Report& report, const Result<void>& tried, store::Time now, double jitter
) {
    if (tried) {
        return {.state = store::ReportState::sent};
    }
    const Error& error = tried.error();
    const bool is_our_end = error.code == ErrorCode::cancelled;
    store::ReportEnd end{
        .state = store::ReportState::dead,
        .attempts = report.attempts + (is_our_end ? 0 : 1),
        .error = error.message,
    };
    if (is_our_end) {
        end.state = store::ReportState::due;
        end.due = now;
        return end;
    }
    const auto wait = model::next_wait(patience, end.attempts, jitter);
    if (error.code == ErrorCode::unavailable && wait) {
        const std::chrono::milliseconds asked = std::min(error.retry_after, longest_asked);
        end.state = store::ReportState::due;
        end.due = now + std::max(*wait, asked);
    }
    return end;
}

store::ReportEnd dropped(std::string why) {
    return {.state = store::ReportState::sent, .attempts = 0, .error = std::move(why)};
}

store::ReportEnd held_back(const store::Report& report, store::Time until) {
    return {
        .state = store::ReportState::due,
        .attempts = report.attempts,
        .error = report.error,
        .due = until,
    };
}

}  // namespace slipway::reports
