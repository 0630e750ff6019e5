#include "server/base/answer_metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

namespace slipway {
namespace {

/// The method comes from whoever connects; a name of its own for each would fill the memory.
std::string_view known_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> known{
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };
    return std::ranges::find(known, method) == known.end() ? "other" : method;
}

}  // namespace

void AnswerMetrics::count(
    std::string_view method, std::string_view route, unsigned status, std::chrono::microseconds took
) {
    const Made made = find(method, route, status);
    made.requests->Increment();
    made.durations->Observe(std::chrono::duration<double>(took).count());
}

AnswerMetrics::Made AnswerMetrics::find(
    std::string_view method, std::string_view route, unsigned status
) {
    const std::string_view known = known_method(method);
    const std::scoped_lock lock(mutex_);
    if (const auto found = made_.find(std::tuple(known, route, status)); found != made_.end()) {
        return found->second;
    }
    const std::string method_label(known);
    const std::string route_label(route);
    const Made made{
        .requests = &requests_.Add(
            {{"method", method_label}, {"route", route_label}, {"status", std::to_string(status)}}
        ),
        .durations = &durations_.Add({{"route", route_label}}, buckets_),
    };
    made_.emplace(std::tuple(method_label, route_label, status), made);
    return made;
}

}  // namespace slipway
