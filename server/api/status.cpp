#include "core/model/build_state.hpp"
#include "server/api/api.hpp"
#include "server/api/build_json.hpp"
#include "server/api/handlers.hpp"
#include "server/api/json_fields.hpp"
#include "server/config/config.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

ordered_json image_json(const store::ImageStatus& image) {
    return {
        {"repository", image.repository},
        {"folder", image.folder},
        {"image", image.image},
        {"build", image.build.value},
        {"state", to_string(image.state)},
        {"digests", image.digests},
        {"error", or_null(image.error)},
        {"finished", or_null(image.finished)},
    };
}

ordered_json engine_json(const factory::EngineSeat& seat) {
    return {
        {"name", seat.name},
        {"up", seat.up},
        {"reason", seat.reason.empty() ? ordered_json() : ordered_json(seat.reason)},
        {"draining", seat.settings.draining},
        {"steps", seat.busy},
        {"most_steps", seat.settings.builds},
        {"version", seat.info ? ordered_json(seat.info->engine_version) : ordered_json()},
        {"api_version", seat.info ? ordered_json(seat.info->api_version) : ordered_json()},
    };
}

/// What is shown beside the store's content.
ordered_json daemon_json(const Context& context) {
    ordered_json json = {{"version", SLIPWAY_VERSION}};
    json["repositories"] = ordered_json::array();
    for (const config::Repository& repository : context.config.current().repositories) {
        json["repositories"].push_back({{"name", repository.name}, {"project", repository.project}}
        );
    }
    json["engines"] = ordered_json::array();
    for (const factory::EngineSeat& seat : context.engines.seats()) {
        json["engines"].push_back(engine_json(seat));
    }
    return json;
}

ordered_json status_json(const Context& context, const store::Snapshot& snapshot) {
    ordered_json json = daemon_json(context);
    for (const char* const list : {"running", "waiting", "finished", "images"}) {
        json[list] = ordered_json::array();
    }
    for (const store::Build& build : snapshot.running) {
        json["running"].push_back(to_json(build));
    }
    for (const store::Build& build : snapshot.queued) {
        json["waiting"].push_back(to_brief_json(build));
    }
    json["waiting_total"] = snapshot.queued_total;
    json["owed"] = snapshot.owed_total;
    for (const store::Build& build : snapshot.finished) {
        json["finished"].push_back(to_brief_json(build));
    }
    for (const store::ImageStatus& image : snapshot.images) {
        json["images"].push_back(image_json(image));
    }
    return json;
}

std::string etag_of(const Context& context) {
    const std::size_t daemon = std::hash<std::string>{}(to_text(daemon_json(context)));
    return "\"" + std::to_string(context.store.version()) + "-" + std::to_string(daemon) + "\"";
}

}  // namespace

net::awaitable<http::Response> show_status(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const std::string etag = etag_of(context);
    http::Response response;
    response.headers = {{"ETag", etag}, {"Cache-Control", "no-cache"}};
    if (request.header("if-none-match").contains(etag)) {
        response.status = 304;
        response.content_type.clear();
        co_return response;
    }
    const auto snapshot = co_await context.store.snapshot();
    if (!snapshot) {
        co_return http::problem(snapshot.error());
    }
    response.body = to_text(status_json(context, *snapshot));
    co_return response;
}

}  // namespace slipway::api
