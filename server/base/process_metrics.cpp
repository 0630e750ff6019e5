#include "server/base/process_metrics.hpp"

#include "server/base/process_stats.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <string>
#include <utility>
#include <vector>

namespace slipway {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily process_metric(
    std::string name, std::string help, MetricType type, double value
) {
    prometheus::ClientMetric metric;
    metric.counter.value = value;
    metric.gauge.value = value;
    return {std::move(name), std::move(help), type, {std::move(metric)}};
}

}  // namespace

void add_process_metrics(std::vector<prometheus::MetricFamily>& families) {
    const auto stats = read_process_stats();
    if (!stats) {
        return;
    }
    families.push_back(process_metric(
        "process_cpu_seconds_total",
        "Processor time that the process has used.",
        MetricType::Counter,
        stats->cpu_seconds
    ));
    families.push_back(process_metric(
        "process_open_fds",
        "File descriptors that are open.",
        MetricType::Gauge,
        stats->open_descriptors
    ));
    families.push_back(process_metric(
        "process_resident_memory_bytes",
        "Memory of the process that is in RAM.",
        MetricType::Gauge,
        stats->resident_bytes
    ));
    families.push_back(process_metric(
        "process_start_time_seconds",
        "When the process started, in Unix time.",
        MetricType::Gauge,
        stats->start_time_seconds
    ));
}

}  // namespace slipway
