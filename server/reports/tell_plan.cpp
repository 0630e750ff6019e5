#include "core/base/result.hpp"
#include "server/base/caught.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/reports/hosts.hpp"
#include "server/reports/merge_comment.hpp"
#include "server/reports/outcome.hpp"
#include "server/reports/reporter.hpp"
#include "server/store/report.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::reports {
namespace {

/// What the repository's owner has to know of, not only its operator.
bool is_told_to_people(const Error& error) {
    return error.code == ErrorCode::invalid || error.code == ErrorCode::not_found ||
           error.code == ErrorCode::too_large;
}

}  // namespace

net::awaitable<store::ReportEnd> Reporter::tell_plan(store::Report report) {
    const config::Repository* const repository = find_repository(report.repository);
    if (repository == nullptr || repository->gitlab.token.empty() ||
        !repository->gitlab.merge_requests) {
        co_return dropped("merge requests are not planned any more");
    }
    auto work = post_plan(report);
    store::ReportEnd end =
        co_await attempt(report, host_of(repository->gitlab.url), std::move(work));
    if (end.state == store::ReportState::due && end.attempts > report.attempts) {
        // As after a kill: what was sent may still be on its way.
        end.due = std::max(end.due, parts_.clock.now() + store::interrupted_wait);
    }
    co_return end;
}

net::awaitable<Result<void>> Reporter::post_plan(store::Report report) {
    const auto asked = nlohmann::json::parse(report.body, nullptr, false);
    const std::int64_t number = asked.value("number", std::int64_t{0});
    factory::MergeRequest request{
        .commit = asked.value("commit", ""), .target_branch = asked.value("target", "")
    };
    request.trace = trace_of(asked.value("traceparent", ""));
    const std::string commit = request.commit;
    const std::optional<TraceContext> trace = request.trace;
    auto planning = parts_.plan_merge(report.repository, std::move(request));
    const auto plan = co_await caught(std::move(planning));
    if (!plan && !is_told_to_people(plan.error())) {
        co_return std::unexpected(plan.error());
    }
    const config::Repository* const repository = find_repository(report.repository);
    if (repository == nullptr) {
        co_return Result<void>();
    }
    gitlab::Project project = project_of(*repository);
    project.trace = trace;
    std::string body =
        plan ? comment_of(*plan, report.repository) : comment_of(plan.error(), report.repository);
    auto written =
        co_await write_note(project, number, plan_marker(report.repository), std::move(body));
    if (!written) {
        co_return written;
    }
    gitlab::CommitStatus status = plan ? status_of(*plan) : status_of(plan.error(), commit);
    co_return co_await parts_.gitlab.set_status(project, std::move(status));
}

/// One note, whatever happened before: it may have been written although nobody knows, and what was
/// on its way meanwhile may have made another.
net::awaitable<Result<void>> Reporter::write_note(
    gitlab::Project project, std::int64_t merge_request, std::string marker, std::string body
) {
    const auto found = co_await parts_.gitlab.find_notes(project, merge_request, marker);
    if (!found) {
        co_return std::unexpected(found.error());
    }
    if (!found->empty()) {
        auto updated =
            co_await parts_.gitlab.update_note(project, merge_request, found->front(), body);
        if (!updated) {
            co_return updated;
        }
        co_return co_await delete_doubles(project, merge_request, *found);
    }
    auto created = co_await parts_.gitlab.create_note(project, merge_request, std::move(body));
    if (!created) {
        co_return created;
    }
    const auto now = co_await parts_.gitlab.find_notes(project, merge_request, std::move(marker));
    if (!now) {
        co_return std::unexpected(now.error());
    }
    co_return co_await delete_doubles(project, merge_request, *now);
}

net::awaitable<Result<void>> Reporter::delete_doubles(
    gitlab::Project project, std::int64_t merge_request, std::vector<std::int64_t> notes
) {
    for (std::size_t i = 1; i < notes.size(); ++i) {
        auto deleted = co_await parts_.gitlab.delete_note(project, merge_request, notes[i]);
        if (!deleted) {
            co_return deleted;
        }
    }
    co_return Result<void>();
}

}  // namespace slipway::reports
