#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/metrics.hpp"
#include "server/client/tls.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/reports/hosts.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace slipway::reports {

namespace net = boost::asio;

/// Plans what merging would build.
using PlanMerge = std::function<net::awaitable<Result<factory::MergePlan>>(
    std::string repository, factory::MergeRequest request
)>;

/// What the reporter is given; all of it outlives it.
struct ReporterParts {
    const config::LiveConfig& config;
    store::Store& store;
    gitlab::GitlabClient& gitlab;
    const Clock& clock;
    Metrics& metrics;
    PlanMerge plan_merge;
    std::string claimant = "slipway";  ///< this process's name among those on the store
    std::chrono::milliseconds between_looks = std::chrono::seconds(1);
    std::chrono::milliseconds spacing{100};  ///< between two requests to one host
};

/// Sends what the store's outbox holds: statuses of commits, plans of merge requests, signed
/// notifications. At least once each; four at a time. Every process on a store does. On one thread.
class Reporter {
public:
    Reporter(const net::any_io_executor& executor, ReporterParts parts);

    /// Sends what is due, until it is cancelled.
    [[nodiscard]] net::awaitable<void> run();

    /// Takes one report that is due and tries to send it. Whether there was one.
    [[nodiscard]] net::awaitable<bool> send_one();

private:
    net::awaitable<void> lane(bool looks);
    net::awaitable<void> free_claims();
    net::awaitable<store::ReportEnd> tell(store::Report report);
    net::awaitable<store::ReportEnd> tell_status(store::Report report);
    net::awaitable<store::ReportEnd> spread_event(store::Report report);
    net::awaitable<store::ReportEnd> notify(store::Report report);
    net::awaitable<store::ReportEnd> tell_plan(store::Report report);
    net::awaitable<store::ReportEnd> attempt(
        store::Report report, std::string host, net::awaitable<Result<void>> work
    );
    net::awaitable<Result<void>> post_plan(store::Report report);
    net::awaitable<Result<void>> write_note(
        gitlab::Project project, std::int64_t merge_request, std::string marker, std::string body
    );
    net::awaitable<Result<void>> delete_doubles(
        gitlab::Project project, std::int64_t merge_request, std::vector<std::int64_t> notes
    );
    [[nodiscard]] const config::Repository* find_repository(const std::string& name) const;
    [[nodiscard]] bool is_wanted() const;
    [[nodiscard]] store::ReportEnd ended(const store::Report& report, const Result<void>& tried)
        const;
    void note(const store::Report& report, const store::ReportEnd& end);

    ReporterParts parts_;
    Hosts hosts_;
    client::TlsContexts tls_;
    net::any_io_executor executor_;
    net::steady_timer next_look_;
    net::steady_timer helpers_;  ///< the lanes that only help wait on it
};

/// How a repository's project is reached.
[[nodiscard]] gitlab::Project project_of(const config::Repository& repository);

}  // namespace slipway::reports
