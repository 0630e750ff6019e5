#include "server/engine/build_query.hpp"

#include "server/engine/engine_api.hpp"
#include "server/engine/engine_path.hpp"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine {
namespace {

std::string json_object(const std::map<std::string, std::string>& values) {
    if (values.empty()) {
        return {};
    }
    return nlohmann::json(values).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_array(const std::vector<std::string>& values) {
    return values.empty() ? std::string() : nlohmann::json(values).dump();
}

std::string given(std::uint64_t number) {
    return number == 0 ? std::string() : std::to_string(number);
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
        .add_given("cachefrom", json_array(request.cache_from))
        .add_given("shmsize", given(request.shm_bytes))
        .add_given("memory", builder == Builder::classic ? given(request.memory_bytes) : "")
        .add_given("session", session)
        .add("rm", "1")
        .add("forcerm", "1");  // else a failed RUN of the classic builder leaves its container
    if (builder == Builder::classic && request.cpu_millis > 0) {
        // Microseconds of processor time in each 100 ms.
        query.add("cpuperiod", "100000").add("cpuquota", std::to_string(request.cpu_millis * 100));
    }
    return "/build" + query.text();
}

}  // namespace slipway::engine
