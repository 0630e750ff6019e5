#include "server/api/webhook.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/wire/gitlab_event.hpp"
#include "server/api/api.hpp"
#include "server/api/ignored.hpp"
#include "server/api/merge_hook.hpp"
#include "server/api/webhook_auth.hpp"
#include "server/base/log.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/factory/wanted_reports.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/store/store.hpp"
#include "server/store/timed.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

const config::Repository* find_repository(
    const config::Config& config, const wire::GitlabEvent& event
) {
    const auto is_meant = [&](const config::Repository& repository) {
        return repository.project == event.project_path ||
               (event.project_id != 0 && repository.project == std::to_string(event.project_id));
    };
    const auto found = std::ranges::find_if(config.repositories, is_meant);
    return found == config.repositories.end() ? nullptr : &*found;
}

constexpr std::array kept_names{
    "x-gitlab-event",
    "x-gitlab-instance",
    "x-gitlab-event-uuid",
    "idempotency-key",
    "webhook-id",
    "webhook-timestamp",
    "user-agent",
};

/// What a person who looks at a delivery needs of its headers; never the token or the signature.
std::string kept_headers(const http::Request& request) {
    ordered_json::object_t kept;
    kept.reserve(kept_names.size());  // a list that grows copies its names
    for (const char* const name : kept_names) {
        if (const std::string_view value = request.header(name); !value.empty()) {
            kept.emplace_back(name, value);
        }
    }
    return ordered_json(std::move(kept))
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

http::Response answer(unsigned status, const store::Accepted& accepted) {
    ordered_json::object_t json;
    json.reserve(4);
    json.emplace_back("delivery", accepted.delivery.value);
    json.emplace_back(
        "build", accepted.build ? ordered_json(accepted.build->value) : ordered_json()
    );
    json.emplace_back("duplicate", accepted.duplicate);
    json.emplace_back(
        "reason", accepted.reason.empty() ? ordered_json() : ordered_json(accepted.reason)
    );
    http::Response response{
        .status = status,
        .content_type = "application/json",
        .headers = {},
        .body = ordered_json(std::move(json)).dump() + "\n"
    };
    if (accepted.build) {
        response.headers.emplace_back(
            "Location", "/api/v1/builds/" + std::to_string(accepted.build->value)
        );
    }
    return response;
}

http::Response refuse_sender(Context& context, Authenticity verdict, const http::Request& request) {
    context.metrics.delivery("unauthorized");
    log::warning(
        "webhook refused",
        {{"peer", request.peer},
         {"reason", verdict == Authenticity::stale ? "stale" : "no secret fits"}}
    );
    if (verdict == Authenticity::stale) {
        return http::problem(
            401,
            "stale-delivery",
            "Stale delivery",
            "the signature is right, but webhook-timestamp is more than 5 minutes away from this "
            "machine's clock: "
            "compare the clocks, or send it again from GitLab's webhook page"
        );
    }
    return http::problem(
        401,
        "unauthorized",
        "Unauthorized",
        "neither webhook-signature nor X-Gitlab-Token fits a configured webhook secret; check the "
        "secret in GitLab's webhook settings"
    );
}

/// The commit of an annotated tag where GitLab names it; git would peel the tag's own id to the
/// same.
std::string commit_of(const wire::GitlabEvent& event) {
    return event.kind == wire::GitlabEventKind::tag_push && !event.checkout_sha.empty()
               ? event.checkout_sha
               : event.after;
}

/// Not at `info`: a line for each costs the intake a twentieth, and the API lists deliveries.
void tell_accepted(
    std::string_view repository, const store::Accepted& accepted, const TraceContext& trace
) {
    log::debug(
        "delivery accepted",
        {{"delivery", accepted.delivery.value},
         {"build", accepted.build.value_or(BuildId{}).value},
         {"repository", repository},
         {"duplicate", accepted.duplicate},
         {"reason", accepted.reason},
         {"trace_id", trace.trace_id}}
    );
}

net::awaitable<http::Response> store_event(
    Context& context,
    const config::Repository& repository,
    wire::GitlabEvent event,
    http::Request request
) {
    const TraceContext trace = trace_of(request.header("traceparent"));
    store::NewDelivery delivery;
    const std::string_view id = request.header("webhook-id");
    delivery.key = id.empty() ? request.header("idempotency-key") : id;
    delivery.repository = repository.name;
    delivery.event = event.name;
    delivery.ref = event.ref;
    delivery.before = event.before;
    delivery.after = event.after;
    delivery.headers = kept_headers(request);
    delivery.body = std::move(request.body);
    const bool is_merge = event.name == "merge_request";
    if (is_merge) {
        ask_for_plan(repository, trace, delivery);
    } else {
        delivery.reason =
            reason_to_ignore(repository, {event.name, event.ref, event.before, event.after});
    }
    const bool is_wanted = delivery.reason.empty();
    if (is_wanted && !is_merge) {
        delivery.build = store::NewBuild{
            .repository = repository.name,
            .ref = event.ref,
            .before = event.before,
            .after = commit_of(event),
            .trigger = store::Trigger::push,
            .folders = {},
            .reports = factory::wanted_reports(context.config.current(), repository.name),
            .trace = trace,
        };
    }
    const auto accepted =
        co_await store::timed(context.metrics, "accept", context.store.accept(std::move(delivery)));
    if (!accepted) {
        context.metrics.delivery("unavailable");
        log::error(
            "webhook not stored",
            {{"repository", repository.name},
             {"reason", accepted.error().message},
             {"trace_id", trace.trace_id}}
        );
        co_return http::problem(accepted.error());
    }
    context.metrics.delivery(
        accepted->duplicate ? "duplicate"
        : is_wanted         ? "accepted"
                            : "ignored"
    );
    tell_accepted(repository.name, *accepted, trace);
    if (accepted->build && !accepted->duplicate) {
        context.wake();
    } else if (!accepted->duplicate) {
        context.board.touch();
    }
    co_return answer(accepted->build || (is_merge && is_wanted) ? 202 : 200, *accepted);
}

}  // namespace

net::awaitable<http::Response> receive_gitlab(Context& context, http::Request request) {
    const auto now = std::chrono::floor<std::chrono::seconds>(context.clock.now());
    const Authentication sender = authenticate(context.config.current(), request, now);
    if (sender.verdict != Authenticity::authentic) {
        co_return refuse_sender(context, sender.verdict, request);
    }
    auto event = wire::decode_gitlab_event(request.body);
    if (!event) {
        context.metrics.delivery("invalid");
        co_return http::problem(400, "invalid-payload", "Invalid payload", event.error().message);
    }
    const config::Repository* const repository = find_repository(context.config.current(), *event);
    if (repository == nullptr) {
        context.metrics.delivery("ignored");
        const std::string project =
            event->project_path.empty() ? std::to_string(event->project_id) : event->project_path;
        const ordered_json json = {
            {"delivery", nullptr},
            {"build", nullptr},
            {"duplicate", false},
            {"reason", "no repository is configured for project " + project}
        };
        // Replaces what is not UTF-8: the project's name is the sender's.
        const std::string body =
            json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
        co_return http::Response{
            .status = 200, .content_type = "application/json", .headers = {}, .body = body
        };
    }
    if (!sender.repositories.contains(repository->name)) {
        co_return refuse_sender(context, Authenticity::unknown, request);
    }
    co_return co_await store_event(context, *repository, std::move(*event), std::move(request));
}

}  // namespace slipway::api
