#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// All that Prometheus is told, by name, so that no other file spells a metric. Thread-safe.
/// Labels have few values: never an id, a commit, a branch or a folder. What is counted by labels
/// that are known is there from the start, for a counter that appears with its first event hides
/// that event from rate(). README.md has the table of all.
class Metrics {
public:
    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    Metrics(Metrics&&) = delete;
    Metrics& operator=(Metrics&&) = delete;
    ~Metrics();

    /// slipway_http_requests_total{method,route,status},
    /// slipway_http_request_duration_seconds{route}
    void http_request(
        std::string_view method,
        std::string_view route,
        unsigned status,
        std::chrono::microseconds took
    );
    /// slipway_webhook_deliveries_total{outcome}: accepted, duplicate, ignored, unauthorized,
    /// invalid, unavailable, limited
    void delivery(std::string_view outcome);
    /// slipway_builds_total{result}, slipway_build_duration_seconds (`took` is nothing: it never
    /// began)
    void build_finished(std::string_view result, std::optional<std::chrono::milliseconds> took);
    /// slipway_steps_total{result}, slipway_step_duration_seconds{phase}: build, push
    void step_finished(std::string_view result);
    void step_phase(std::string_view phase, std::chrono::milliseconds took);
    /// slipway_plan_duration_seconds
    void planned(std::chrono::microseconds took);
    /// slipway_mirror_fetches_total{result}, slipway_retries_total{what}
    void fetched(bool succeeded);
    void retried(std::string_view what);
    /// slipway_reconcile_total{result}: one look at one remote. same; behind (a webhook was lost);
    /// failed
    void reconciled(std::string_view result);
    /// slipway_builds_queued, slipway_builds_running, slipway_builds_queue_age_seconds: for how
    /// long the oldest queued build waits
    void queue(std::int64_t queued, std::int64_t running, std::chrono::milliseconds age);
    /// slipway_queue_steps{state}, slipway_queue_age_seconds{state}: for how long the build of the
    /// oldest one is accepted. state: waiting, ready, building, built, pushing
    void step_queue(std::string_view state, std::int64_t steps, std::chrono::milliseconds age);
    /// slipway_owed_images: folders of a branch whose content is not what was pushed
    void owed(std::int64_t images);
    /// slipway_reports_total{kind,result}: what others were told. kind: status, event, merge_plan,
    /// notification; result: sent; failed (it is tried again); given_up
    void reported(std::string_view kind, std::string_view result);
    /// slipway_reports_due, slipway_reports_given_up
    void reports(std::int64_t due, std::int64_t given_up);
    /// slipway_gitlab_hook_ok{repository}: 1 while GitLab sends to its webhook, 0 while it does not
    void hook_ok(std::string_view repository, bool ok);
    /// slipway_engine_up{engine}: the configured name
    void engine_up(std::string_view engine, bool up);
    /// slipway_engine_slots{engine}, slipway_engine_slots_used{engine}: steps that it may have at a
    /// time, and those that it has
    void engine_slots(std::string_view engine, std::size_t slots, std::size_t used);
    /// slipway_registry_up{registry}: false while it is left alone because pushes failed again and
    /// again. All of them: those that are not named any more are forgotten
    void registries(const std::map<std::string, bool>& up);
    /// slipway_store_duration_seconds{operation}: how long who asked the store waited. accept,
    /// claim, update_step, snapshot
    void stored(std::string_view operation, std::chrono::microseconds took);

    /// The exposition text, with slipway_build_info{version} and process_resident_memory_bytes,
    /// process_cpu_seconds_total, process_open_fds, process_start_time_seconds. Content type:
    /// `text/plain; version=0.0.4; charset=utf-8`.
    [[nodiscard]] std::string exposition() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway
