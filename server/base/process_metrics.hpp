#pragma once

#include <prometheus/metric_family.h>
#include <vector>

namespace slipway {

/// What every program of Prometheus's tells of its process; nothing where the kernel does not tell.
void add_process_metrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace slipway
