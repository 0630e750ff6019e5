#include "server/reports/reporter.hpp"

#include "core/base/result.hpp"
#include "server/base/log.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/factory/jitter.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/reports/events.hpp"
#include "server/reports/hosts.hpp"
#include "server/reports/outcome.hpp"
#include "server/reports/status_text.hpp"
#include "server/reports/webhook.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::reports {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);

std::string_view name_of(store::ReportKind kind) {
    switch (kind) {
        case store::ReportKind::status:
            return "status";
        case store::ReportKind::event:
            return "event";
        case store::ReportKind::merge_plan:
            return "merge_plan";
        case store::ReportKind::notification:
            return "notification";
    }
    return "";
}

/// What is told of is gone: there is nothing to tell.
bool is_gone(const Error& error) {
    return error.code == ErrorCode::not_found;
}

std::string text_in(const std::string& payload, const char* key) {
    return nlohmann::json::parse(payload, nullptr, false).value(key, "");
}

}  // namespace

gitlab::Project project_of(const config::Repository& repository) {
    return {
        .url = repository.gitlab.url,
        .path = repository.project,
        .token = repository.gitlab.token.reveal(),
    };
}

Reporter::Reporter(const net::any_io_executor& executor, ReporterParts parts)
    : parts_(std::move(parts)),
      hosts_(parts_.clock, parts_.spacing),
      executor_(executor),
      next_look_(executor),
      helpers_(executor) {}

// --- the loop

net::awaitable<void> Reporter::run() {
    using net::experimental::awaitable_operators::operator&&;
    co_await free_claims();
    co_await (lane(true) && lane(false) && lane(false) && lane(false));
}

/// What this process had claimed before it was killed.
net::awaitable<void> Reporter::free_claims() {
    while (true) {
        const auto freed = co_await parts_.store.free_reports(parts_.claimant);
        if (freed) {
            co_return;
        }
        log::warning("the outbox can't be read", {{"reason", freed.error().message}});
        next_look_.expires_after(std::chrono::seconds(2));
        co_await next_look_.async_wait(token);
    }
}

/// One of them looks now and then, and calls the others where there is something.
net::awaitable<void> Reporter::lane(bool looks) {
    while (true) {
        bool sent = false;
        if (is_wanted()) {
            sent = co_await send_one();
        }
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
        if (sent) {
            continue;
        }
        net::steady_timer& timer = looks ? next_look_ : helpers_;
        if (looks) {
            timer.expires_after(parts_.between_looks);
        } else if (timer.expiry() != net::steady_timer::time_point::max()) {
            timer.expires_at(net::steady_timer::time_point::max());
        }
        co_await timer.async_wait(token);
    }
}

bool Reporter::is_wanted() const {
    const config::Config& config = parts_.config.current();
    return !config.notifications.empty() ||
           std::ranges::any_of(config.repositories, [](const config::Repository& repository) {
               return !repository.gitlab.token.empty();
           });
}

net::awaitable<bool> Reporter::send_one() {
    auto claimed = co_await parts_.store.claim_reports(parts_.claimant, 1);
    if (!claimed) {
        log::warning("the outbox can't be read", {{"reason", claimed.error().message}});
    }
    if (!claimed || claimed->empty()) {
        co_return false;
    }
    helpers_.cancel();
    const store::Report report = std::move(claimed->front());
    store::ReportEnd end = co_await tell(report);
    note(report, end);
    const auto settled = co_await parts_.store.settle_report(report, std::move(end));
    if (!settled) {
        // It is sent again when its lease ends: what is sent twice is known by its key.
        log::warning("what was told is not written down", {{"reason", settled.error().message}});
    }
    co_return true;
}

void Reporter::note(const store::Report& report, const store::ReportEnd& end) {
    const std::string_view kind = name_of(report.kind);
    if (end.state == store::ReportState::sent) {
        parts_.metrics.reported(kind, "sent");
        return;
    }
    if (end.attempts == report.attempts) {
        return;  // it was not tried
    }
    const bool is_dead = end.state == store::ReportState::dead;
    parts_.metrics.reported(kind, is_dead ? "given_up" : "failed");
    if (is_dead || report.attempts == 0) {
        log::warning(
            is_dead ? "a report is given up" : "a report is tried again later",
            {{"report", report.id.value},
             {"kind", kind},
             {"build", report.build.value},
             {"repository", report.repository},
             {"reason", end.error}}
        );
    }
}

net::awaitable<store::ReportEnd> Reporter::tell(store::Report report) {
    switch (report.kind) {
        case store::ReportKind::status:
            return tell_status(std::move(report));
        case store::ReportKind::event:
            return spread_event(std::move(report));
        case store::ReportKind::merge_plan:
            return tell_plan(std::move(report));
        case store::ReportKind::notification:
            break;
    }
    return notify(std::move(report));
}

store::ReportEnd Reporter::ended(const store::Report& report, const Result<void>& tried) const {
    return end_after(report, tried, parts_.clock.now(), factory::random_share());
}

net::awaitable<store::ReportEnd> Reporter::attempt(
    store::Report report, std::string host, net::awaitable<Result<void>> work
) {
    const Hosts::Turn turn = hosts_.turn(host);
    if (turn.held_until) {
        co_return held_back(report, *turn.held_until);
    }
    if (turn.wait.count() > 0) {
        net::steady_timer timer(executor_, turn.wait);
        co_await timer.async_wait(token);
    }
    const Result<void> tried = co_await std::move(work);
    hosts_.note(host, tried);
    co_return ended(report, tried);
}

// --- what is told

const config::Repository* Reporter::find_repository(const std::string& name) const {
    const auto& repositories = parts_.config.current().repositories;
    const auto found = std::ranges::find(repositories, name, &config::Repository::name);
    return found == repositories.end() ? nullptr : &*found;
}

net::awaitable<store::ReportEnd> Reporter::tell_status(store::Report report) {
    const config::Repository* const repository = find_repository(report.repository);
    if (repository == nullptr || repository->gitlab.token.empty() || !repository->gitlab.statuses) {
        co_return dropped("statuses are not wanted any more");
    }
    const auto build = co_await parts_.store.build(report.build);
    if (!build) {
        co_return is_gone(build.error()) ? dropped("its build is gone")
                                         : ended(report, std::unexpected(build.error()));
    }
    const std::string& url = parts_.config.current().public_url;
    const auto step = std::ranges::find(build->steps, report.position, &store::Step::position);
    const bool is_there = report.position < 0 || step != build->steps.end();
    if (!is_there || !report.key.starts_with(build->after + " ")) {
        co_return dropped("its build is of another commit by now");
    }
    gitlab::CommitStatus status =
        report.position < 0 ? status_of(*build, url) : status_of(*build, *step, url);
    gitlab::Project project = project_of(*repository);
    project.trace = build->trace;
    auto work = parts_.gitlab.set_status(std::move(project), std::move(status));
    co_return co_await attempt(std::move(report), host_of(repository->gitlab.url), std::move(work));
}

/// An event becomes one notification for each who wants it, in one write.
net::awaitable<store::ReportEnd> Reporter::spread_event(store::Report report) {
    const auto build = co_await parts_.store.build(report.build);
    if (!build) {
        co_return is_gone(build.error()) ? dropped("its build is gone")
                                         : ended(report, std::unexpected(build.error()));
    }
    const config::Config& config = parts_.config.current();
    const auto payload = payload_of(report, *build, config.public_url);
    store::ReportEnd end = payload ? dropped("") : dropped("its step is gone");
    if (payload) {
        end.more = notifications_of(report, *payload, config);
    }
    co_return end;
}

net::awaitable<store::ReportEnd> Reporter::notify(store::Report report) {
    const config::Notification* const receiver = find_receiver(parts_.config.current(), report);
    if (receiver == nullptr) {
        co_return dropped("nobody is notified of it any more");
    }
    Webhook webhook{
        .url = receiver->url,
        .signing_key = receiver->signing_key.reveal(),
        .id = text_in(report.body, "id"),
        .body = report.body,
        .trace = parse_traceparent(text_in(report.body, "traceparent")),
    };
    const auto now = std::chrono::floor<std::chrono::seconds>(parts_.clock.now());
    auto work = send_webhook(tls_, std::move(webhook), now);
    co_return co_await attempt(std::move(report), host_of(receiver->url), std::move(work));
}

}  // namespace slipway::reports
