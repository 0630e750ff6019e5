#include "server/engine/build_query.hpp"

#include "server/engine/engine_api.hpp"
#include "server/engine/engine_path.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::engine {
namespace {

std::string json_object(const std::map<std::string, std::string>& values) {
    if (values.empty()) {
        return {};
    }
    return nlohmann::json(values).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string build_path(const BuildRequest& request, Builder builder, std::string_view session) {
    Query query;
    query.add("version", builder == Builder::buildkit ? "2" : "1");
    for (const std::string& tag : request.tags) {
        query.add("t", tag);
    }
    query.add_given("dockerfile", request.dockerfile)
        .add_given("target", request.target)
        .add_given("platform", request.platform)
        .add_given("networkmode", request.network_mode)
        .add_given("buildargs", json_object(request.build_args))
        .add_given("labels", json_object(request.labels))
        .add_given("nocache", request.no_cache ? "1" : "")
        .add_given("session", session)
        .add("rm", "1")
        .add("forcerm", "1");  // else a failed RUN of the classic builder leaves its container
    return "/build" + query.text();
}

}  // namespace slipway::engine
