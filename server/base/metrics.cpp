#include "server/base/metrics.hpp"

#include "server/base/answer_metrics.hpp"
#include "server/base/process_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {
namespace {

template <class Metric>
using Family = prometheus::Family<Metric>;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries quick_seconds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
};
const Histogram::BucketBoundaries store_seconds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5
};
const Histogram::BucketBoundaries build_seconds{1, 5, 10, 30, 60, 300, 600, 1800, 3600};

template <class Duration>
double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

void start_at_zero(
    Family<Counter>& family, const char* label, std::initializer_list<const char*> values
) {
    for (const char* value : values) {
        family.Add({{label, value}});
    }
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

    AnswerMetrics answers{
        counter("slipway_http_requests_total", "Requests that were answered."),
        histogram(
            "slipway_http_request_duration_seconds",
            "From a request's head to the end of its answer."
        ),
        quick_seconds,
    };
    std::map<std::string, Counter*, std::less<>> deliveries;  // by outcome
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
    Gauge& builds_queue_age = gauge(
                                  "slipway_builds_queue_age_seconds",
                                  "For how long the oldest queued build waits; 0: none."
    )
                                  .Add({});
    Family<Gauge>& queue_steps =
        gauge("slipway_queue_steps", "Steps of builds that are not done, by state.");
    Family<Gauge>& queue_ages = gauge(
        "slipway_queue_age_seconds",
        "Since the oldest build with a step in the state was accepted; 0: there is none."
    );
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
    Family<Gauge>& engine_slots =
        gauge("slipway_engine_slots", "Steps that the engine may have at the same time.");
    Family<Gauge>& engine_slots_used =
        gauge("slipway_engine_slots_used", "Steps that the engine has now.");
    Family<Gauge>& registries = gauge(
        "slipway_registry_up",
        "0 while the registry is left alone because pushes to it failed again and again, else 1."
    );
    std::map<std::string, Gauge*> known_registries;
    std::mutex registries_mutex;                                     // guards the last one
    std::map<std::string, Histogram*, std::less<>> store_durations;  // by operation

    Family<Counter>& counter(const std::string& name, const std::string& help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    }

    Family<Gauge>& gauge(const std::string& name, const std::string& help) {
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    }

    Family<Histogram>& histogram(const std::string& name, const std::string& help) {
        return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
    }
};

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
    start_at_zero(state_->builds, "result", {"succeeded", "failed", "cancelled", "superseded"});
    start_at_zero(
        state_->steps, "result", {"pushed", "built", "unchanged", "failed", "cancelled", "skipped"}
    );
    start_at_zero(state_->fetches, "result", {"succeeded", "failed"});
    start_at_zero(state_->retries, "what", {"fetch", "registry", "build", "push", "attest"});
    start_at_zero(state_->reconciliations, "result", {"same", "behind", "failed"});
    for (const char* kind : {"status", "event", "merge_plan", "notification"}) {
        for (const char* result : {"sent", "failed", "given_up"}) {
            state_->reports_sent.Add({{"kind", kind}, {"result", result}});
        }
    }
    for (const char* state : {"waiting", "ready", "building", "built", "pushing"}) {
        step_queue(state, 0, {});
    }
    for (const char* phase : {"build", "push"}) {
        state_->step_durations.Add({{"phase", phase}}, build_seconds);
    }
    Family<Histogram>& store_durations = state_->histogram(
        "slipway_store_duration_seconds", "For how long who asked the store waited."
    );
    for (const char* operation : {"accept", "claim", "update_step", "snapshot"}) {
        state_->store_durations[operation] =
            &store_durations.Add({{"operation", operation}}, store_seconds);
    }
}

Metrics::~Metrics() = default;

void Metrics::http_request(
    std::string_view method, std::string_view route, unsigned status, std::chrono::microseconds took
) {
    state_->answers.count(method, route, status, took);
}

void Metrics::delivery(std::string_view outcome) {
    if (const auto found = state_->deliveries.find(outcome); found != state_->deliveries.end()) {
        found->second->Increment();
    }
}

void Metrics::build_finished(
    std::string_view result, std::optional<std::chrono::milliseconds> took
) {
    state_->builds.Add({{"result", std::string(result)}}).Increment();
    if (took) {
        state_->build_duration.Observe(in_seconds(*took));
    }
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

void Metrics::queue(std::int64_t queued, std::int64_t running, std::chrono::milliseconds age) {
    state_->builds_queued.Set(static_cast<double>(queued));
    state_->builds_running.Set(static_cast<double>(running));
    state_->builds_queue_age.Set(in_seconds(age));
}

void Metrics::step_queue(
    std::string_view state, std::int64_t steps, std::chrono::milliseconds age
) {
    const prometheus::Labels labels{{"state", std::string(state)}};
    state_->queue_steps.Add(labels).Set(static_cast<double>(steps));
    state_->queue_ages.Add(labels).Set(in_seconds(age));
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

void Metrics::engine_slots(std::string_view engine, std::size_t slots, std::size_t used) {
    const prometheus::Labels labels{{"engine", std::string(engine)}};
    state_->engine_slots.Add(labels).Set(static_cast<double>(slots));
    state_->engine_slots_used.Add(labels).Set(static_cast<double>(used));
}

void Metrics::registries(const std::map<std::string, bool>& up) {
    const std::scoped_lock lock(state_->registries_mutex);
    std::map<std::string, Gauge*>& known = state_->known_registries;
    std::erase_if(known, [&](const auto& registry) {
        const bool is_gone = !up.contains(registry.first);
        if (is_gone) {
            state_->registries.Remove(registry.second);
        }
        return is_gone;
    });
    for (const auto& [registry, is_up] : up) {
        Gauge*& gauge = known[registry];
        gauge = gauge == nullptr ? &state_->registries.Add({{"registry", registry}}) : gauge;
        gauge->Set(is_up ? 1 : 0);
    }
}

void Metrics::stored(std::string_view operation, std::chrono::microseconds took) {
    const auto found = state_->store_durations.find(operation);
    if (found != state_->store_durations.end()) {
        found->second->Observe(in_seconds(took));
    }
}

std::string Metrics::exposition() const {
    auto families = state_->registry.Collect();
    add_process_metrics(families);
    sort(families);
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace slipway
