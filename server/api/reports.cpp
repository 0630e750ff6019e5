#include "core/base/strong_id.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/api/json_fields.hpp"
#include "server/api/query.hpp"
#include "server/base/clock.hpp"
#include "server/config/config.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/reports/hook_watch.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> states = {"due", "sent", "dead"};
constexpr std::array<std::string_view, 4> kinds = {"status", "event", "merge_plan", "notification"};

/// What it tells of is the build's to show: the body is left out.
ordered_json to_json(const store::Report& report) {
    const bool has_build = report.build != BuildId{};
    const bool is_due = report.state == store::ReportState::due;
    return {
        {"id", report.id.value},
        {"kind", kinds.at(std::to_underlying(report.kind))},
        {"state", states.at(std::to_underlying(report.state))},
        {"repository", report.repository},
        {"key", report.key},
        {"build", has_build ? ordered_json(report.build.value) : ordered_json()},
        {"step", report.position >= 0 ? ordered_json(report.position) : ordered_json()},
        {"attempts", report.attempts},
        {"error", or_null(report.error)},
        {"created", rfc3339(report.created)},
        {"updated", rfc3339(report.updated)},
        {"due", is_due ? ordered_json(rfc3339(report.due)) : ordered_json()},
    };
}

/// Whether it is one of them, or left out.
bool read_state(const std::string& text, std::optional<store::ReportState>& target) {
    const auto found = std::ranges::find(states, text);
    if (found != states.end()) {
        target = static_cast<store::ReportState>(found - states.begin());
    }
    return text.empty() || found != states.end();
}

ordered_json to_json(const gitlab::MissedDelivery& missed) {
    return {
        {"id", missed.id},
        {"event", or_null(missed.event)},
        {"answer", or_null(missed.answer)},
        {"ref", or_null(missed.ref)},
        {"before", or_null(missed.before)},
        {"after", or_null(missed.after)},
    };
}

ordered_json to_json(const gitlab::Hook& hook) {
    return {
        {"id", hook.id},
        {"url", hook.url},
        {"alert_status", or_null(hook.alert_status)},
        {"disabled_until", or_null(hook.disabled_until)},
        {"push_events", hook.push_events},
        {"merge_requests_events", hook.merge_requests_events},
    };
}

ordered_json to_json(const std::string& repository, const reports::HookHealth* health) {
    ordered_json json = {
        {"repository", repository},
        {"asked", health == nullptr ? ordered_json() : ordered_json(rfc3339(health->asked))},
        {"error", health == nullptr ? ordered_json() : or_null(health->error)},
        {"hook", health != nullptr && health->hook ? to_json(*health->hook) : ordered_json()},
        {"missed", ordered_json::array()},
    };
    if (health != nullptr) {
        for (const gitlab::MissedDelivery& missed : health->missed) {
            json["missed"].push_back(to_json(missed));
        }
    }
    return json;
}

}  // namespace

net::awaitable<http::Response> list_reports(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const auto page = page_of(request);
    if (!page) {
        co_return page.error();
    }
    store::ReportQuery query;
    query.limit = page->limit;
    query.repository = text_of(request, "repository");
    const std::string state = text_of(request, "state");
    if (!read_state(state, query.state)) {
        co_return bad_query("state");
    }
    if (page->cursor > 0) {
        query.older_than = ReportId{page->cursor};
    }
    const auto reports = co_await context.store.reports(query);
    if (!reports) {
        co_return http::problem(reports.error());
    }
    ordered_json json = {{"reports", ordered_json::array()}};
    for (const store::Report& report : *reports) {
        json["reports"].push_back(to_json(report));
    }
    std::string next;
    if (reports->size() == static_cast<std::size_t>(page->limit) && !reports->empty()) {
        next = next_page(
            "/api/v1/reports",
            *page,
            reports->back().id.value,
            {{"repository", query.repository}, {"state", state}}
        );
    }
    co_return with_next(std::move(json), next);
}

net::awaitable<http::Response> show_hook(
    Context& context, http::Request /*request*/, http::PathValues values
) {
    const std::string name(values["name"]);
    const auto& repositories = context.config.current().repositories;
    const auto repository = std::ranges::find(repositories, name, &config::Repository::name);
    if (repository == repositories.end()) {
        co_return not_found("there is no repository of this name");
    }
    const reports::HookHealth* health = nullptr;
    if (context.hooks != nullptr) {
        const auto known = context.hooks->health().find(name);
        health = known == context.hooks->health().end() ? nullptr : &known->second;
    }
    co_return with_json(200, to_json(name, health));
}

}  // namespace slipway::api
