#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace slipway {

/// Counts the answers to HTTP requests, by method, route and status. A family makes labels and a
/// whole metric before it finds that it has them, and this is asked for with every request: so what
/// was made is found here. Thread-safe.
class AnswerMetrics {
public:
    /// Both outlive it. `buckets`: of the durations, in seconds.
    AnswerMetrics(
        prometheus::Family<prometheus::Counter>& requests,
        prometheus::Family<prometheus::Histogram>& durations,
        prometheus::Histogram::BucketBoundaries buckets
    )
        : requests_(requests), durations_(durations), buckets_(std::move(buckets)) {}

    void count(
        std::string_view method,
        std::string_view route,
        unsigned status,
        std::chrono::microseconds took
    );

private:
    /// What one kind of answer counts.
    struct Made {
        prometheus::Counter* requests = nullptr;
        prometheus::Histogram* durations = nullptr;
    };

    Made find(std::string_view method, std::string_view route, unsigned status);

    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& durations_;
    prometheus::Histogram::BucketBoundaries buckets_;
    std::mutex mutex_;  // guards the next one
    std::map<std::tuple<std::string, std::string, unsigned>, Made, std::less<>> made_;
};

}  // namespace slipway
