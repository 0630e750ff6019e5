#include "server/api/merge_hook.hpp"

#include "core/base/result.hpp"
#include "core/wire/merge_event.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace slipway::api {

void ask_for_plan(
    const config::Repository& repository, const TraceContext& trace, store::NewDelivery& delivery
) {
    if (repository.gitlab.token.empty() || !repository.gitlab.merge_requests) {
        delivery.reason = "event 'merge_request' is not a push";
        return;
    }
    const auto event = wire::decode_merge_event(delivery.body);
    if (!event) {
        delivery.reason = event.error().message;
        return;
    }
    const std::string number = std::to_string(event->number);
    delivery.ref = "refs/merge-requests/" + number + "/head";
    delivery.after = event->commit;
    if (!wire::changes_plan(*event)) {
        delivery.reason =
            "merge request !" + number + " is not planned anew: nothing of it changed";
        return;
    }
    const nlohmann::json body = {
        {"number", event->number},
        {"commit", event->commit},
        {"target", event->target_branch},
        {"traceparent", to_string(trace)},
    };
    delivery.report = store::NewReport{
        .kind = store::ReportKind::merge_plan,
        .repository = repository.name,
        .key = number,
        .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
    };
}

}  // namespace slipway::api
