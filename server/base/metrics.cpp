#include "server/base/metrics.hpp"

#include "server/base/process_stats.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace slipway {
namespace {

using prometheus::MetricType;

template <class Metric>
using Family = prometheus::Family<Metric>;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries quick_seconds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
};
const Histogram::BucketBoundaries build_seconds{1, 5, 10, 30, 60, 300, 600, 1800, 3600};

template <class Duration>
double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// The method comes from whoever connects; a name of its own for each would fill the memory.
std::string_view known_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> known{
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };
    return std::ranges::find(known, method) == known.end() ? "other" : method;
}

/// What one kind of answer counts.
struct HttpMetrics {
    Counter* requests = nullptr;
    Histogram* durations = nullptr;
};

prometheus::MetricFamily process_metric(
    std::string name, std::string help, MetricType type, double value
) {
    prometheus::ClientMetric metric;
    metric.counter.value = value;
    metric.gauge.value = value;
    return {std::move(name), std::move(help), type, {std::move(metric)}};
}

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

/// The library keeps hash maps: two expositions of the same numbers must be the same text.
void sort(std::vector<prometheus::MetricFamily>& families) {
    std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
    for (prometheus::MetricFamily& family : families) {
        std::ranges::sort(family.metric, std::ranges::less{}, &prometheus::ClientMetric::label);
    }
}

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;

    Family<Counter>& http_requests =
        counter("slipway_http_requests_total", "Requests that were answered.");
    Family<Histogram>& http_durations = histogram(
        "slipway_http_request_duration_seconds", "From a request's head to the end of its answer."
    );
    /// By method, route and status. A family makes labels and a whole metric before it finds that
    /// it has them, and this is asked for with every request.
    std::map<std::tuple<std::string, std::string, unsigned>, HttpMetrics, std::less<>> answers;
    std::mutex answers_mutex;
    /// By outcome; all of them from the start, for a counter that appears with its first event
    /// hides that event from rate().
    std::map<std::string, Counter*, std::less<>> deliveries;
    Family<Counter>& builds = counter("slipway_builds_total", "Builds that ended.");
    Histogram& build_duration =
        histogram("slipway_build_duration_seconds", "From a build's start to its end.")
            .Add({}, build_seconds);
    Family<Counter>& steps = counter("slipway_steps_total", "Steps that ended.");
    Family<Histogram>& step_durations =
        histogram("slipway_step_duration_seconds", "Time that a step spent in a phase.");
    Histogram& plan_duration =
        histogram("slipway_plan_duration_seconds", "Time that making a plan took.")
            .Add({}, quick_seconds);
    Family<Counter>& fetches =
        counter("slipway_mirror_fetches_total", "Fetches from the remote repositories.");
    Family<Counter>& retries =
        counter("slipway_retries_total", "Work that was tried again after a temporary failure.");
    Family<Counter>& reconciliations = counter(
        "slipway_reconcile_total", "Comparisons of a remote's branches with what was planned."
    );
    Gauge& builds_queued =
        gauge("slipway_builds_queued", "Builds that wait to be started.").Add({});
    Gauge& builds_running = gauge("slipway_builds_running", "Builds that run.").Add({});
    Gauge& owed_images =
        gauge("slipway_owed_images", "Images whose content at the branch's tip is not pushed.")
            .Add({});
    Family<Counter>& reports_sent =
        counter("slipway_reports_total", "What others were told, by what became of it.");
    Gauge& reports_due =
        gauge("slipway_reports_due", "What others are to be told and were not yet.").Add({});
    Gauge& reports_given_up =
        gauge("slipway_reports_given_up", "What others were to be told and never will.").Add({});
    Family<Gauge>& hooks = gauge(
        "slipway_gitlab_hook_ok", "1 while GitLab sends to a repository's webhook, 0 otherwise."
    );
    Family<Gauge>& engines =
        gauge("slipway_engine_up", "1 while the engine answers, 0 while it does not.");

    Family<Counter>& counter(const std::string& name, const std::string& help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    }

    Family<Gauge>& gauge(const std::string& name, const std::string& help) {
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    }

    Family<Histogram>& histogram(const std::string& name, const std::string& help) {
        return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
    }

    HttpMetrics of_answer(std::string_view method, std::string_view route, unsigned status);
};

HttpMetrics Metrics::State::of_answer(
    std::string_view method, std::string_view route, unsigned status
) {
    const std::string_view known = known_method(method);
    const std::scoped_lock lock(answers_mutex);
    if (const auto found = answers.find(std::tuple(known, route, status)); found != answers.end()) {
        return found->second;
    }
    const std::string method_label(known);
    const std::string route_label(route);
    const HttpMetrics made{
        .requests = &http_requests.Add(
            {{"method", method_label}, {"route", route_label}, {"status", std::to_string(status)}}
        ),
        .durations = &http_durations.Add({{"route", route_label}}, quick_seconds),
    };
    answers.emplace(std::tuple(method_label, route_label, status), made);
    return made;
}

Metrics::Metrics() : state_(std::make_unique<State>()) {
    state_->gauge("slipway_build_info", "Always 1; the version that runs is in the label.")
        .Add({{"version", SLIPWAY_VERSION}})
        .Set(1);
    Family<Counter>& deliveries = state_->counter(
        "slipway_webhook_deliveries_total", "Webhook requests, by what became of them."
    );
    for (const char* outcome :
         {"accepted", "duplicate", "ignored", "unauthorized", "invalid", "unavailable", "limited"
         }) {
        state_->deliveries[outcome] = &deliveries.Add({{"outcome", outcome}});
    }
    for (const char* result : {"succeeded", "failed"}) {
        state_->builds.Add({{"result", result}});
        state_->fetches.Add({{"result", result}});
    }
    for (const char* result : {"same", "behind", "failed"}) {
        state_->reconciliations.Add({{"result", result}});
    }
}

Metrics::~Metrics() = default;

void Metrics::http_request(
    std::string_view method, std::string_view route, unsigned status, std::chrono::microseconds took
) {
    const HttpMetrics metrics = state_->of_answer(method, route, status);
    metrics.requests->Increment();
    metrics.durations->Observe(in_seconds(took));
}

void Metrics::delivery(std::string_view outcome) {
    if (const auto found = state_->deliveries.find(outcome); found != state_->deliveries.end()) {
        found->second->Increment();
    }
}

void Metrics::build_finished(std::string_view result, std::chrono::milliseconds took) {
    state_->builds.Add({{"result", std::string(result)}}).Increment();
    state_->build_duration.Observe(in_seconds(took));
}

void Metrics::step_finished(std::string_view result) {
    state_->steps.Add({{"result", std::string(result)}}).Increment();
}

void Metrics::step_phase(std::string_view phase, std::chrono::milliseconds took) {
    state_->step_durations.Add({{"phase", std::string(phase)}}, build_seconds)
        .Observe(in_seconds(took));
}

void Metrics::planned(std::chrono::microseconds took) {
    state_->plan_duration.Observe(in_seconds(took));
}

void Metrics::fetched(bool succeeded) {
    state_->fetches.Add({{"result", succeeded ? "succeeded" : "failed"}}).Increment();
}

void Metrics::retried(std::string_view what) {
    state_->retries.Add({{"what", std::string(what)}}).Increment();
}

void Metrics::reconciled(std::string_view result) {
    state_->reconciliations.Add({{"result", std::string(result)}}).Increment();
}

void Metrics::queue(std::int64_t queued, std::int64_t running) {
    state_->builds_queued.Set(static_cast<double>(queued));
    state_->builds_running.Set(static_cast<double>(running));
}

void Metrics::owed(std::int64_t images) {
    state_->owed_images.Set(static_cast<double>(images));
}

void Metrics::reported(std::string_view kind, std::string_view result) {
    state_->reports_sent.Add({{"kind", std::string(kind)}, {"result", std::string(result)}}
    ).Increment();
}

void Metrics::reports(std::int64_t due, std::int64_t given_up) {
    state_->reports_due.Set(static_cast<double>(due));
    state_->reports_given_up.Set(static_cast<double>(given_up));
}

void Metrics::hook_ok(std::string_view repository, bool ok) {
    state_->hooks.Add({{"repository", std::string(repository)}}).Set(ok ? 1 : 0);
}

void Metrics::engine_up(std::string_view engine, bool up) {
    state_->engines.Add({{"engine", std::string(engine)}}).Set(up ? 1 : 0);
}

std::string Metrics::exposition() const {
    auto families = state_->registry.Collect();
    add_process_metrics(families);
    sort(families);
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace slipway
