#include "server/engine/prune.hpp"

#include "core/base/result.hpp"
#include "server/engine/api_version.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/engine_calls.hpp"
#include "server/engine/engine_path.hpp"
#include "server/engine/http_call.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

namespace slipway::engine {
namespace {

using boost::beast::http::verb;
using Json = nlohmann::json;

constexpr ApiVersion has_max_used_space{.major = 1, .minor = 48};  // `keep-storage` before
constexpr std::size_t largest_usage = 16UL * 1024 * 1024;          // it names every cache record
// Removing many layers takes its time; an engine is silent meanwhile.
constexpr CallLimits prune_limits{
    .total = std::chrono::minutes(30), .silent = std::chrono::minutes(30)
};

HttpRequest request_of(verb method, std::string target) {
    HttpRequest request;
    request.method = method;
    request.target = std::move(target);
    return request;
}

std::string prune_path(const CachePrune& what, bool new_words) {
    Query query;
    query.add("all", "1");
    if (what.unused_for.count() > 0) {
        const Json filters = {{"until", {std::to_string(what.unused_for.count()) + "s"}}};
        query.add("filters", filters.dump());
    }
    if (what.keep_bytes) {
        query.add(new_words ? "max-used-space" : "keep-storage", std::to_string(*what.keep_bytes));
    }
    return "/build/prune" + query.text();
}

std::uint64_t bytes_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::uint64_t used_bytes(const Json& usage) {
    std::uint64_t cache = bytes_at(usage, "BuilderSize");  // up to API 1.41
    if (const auto records = usage.find("BuildCache"); cache == 0 && records != usage.end()) {
        for (const Json& record : *records) {
            // What is shared lies in the layers of images too.
            const bool shared = record.is_object() && record.value("Shared", false);
            cache += shared || !record.is_object() ? 0 : bytes_at(record, "Size");
        }
    }
    return cache + bytes_at(usage, "LayersSize");
}

}  // namespace

net::awaitable<Result<void>> remove_image(const EngineCalls& calls, std::string reference) {
    HttpRequest request = request_of(verb::delete_, "/images/" + path_encoded(reference));
    const auto answer = co_await calls.quick(std::move(request), prune_limits);
    if (answer || answer.error().code == ErrorCode::not_found) {
        co_return Result<void>{};
    }
    co_return std::unexpected(answer.error());
}

net::awaitable<Result<std::uint64_t>> prune_cache(const EngineCalls& calls, CachePrune what) {
    const auto negotiated = co_await calls.negotiate();
    if (!negotiated) {
        co_return std::unexpected(negotiated.error());
    }
    const bool new_words = negotiated->version >= has_max_used_space;
    HttpRequest request = request_of(verb::post, prune_path(what, new_words));
    const auto answer = co_await calls.quick(std::move(request), prune_limits);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    const Json json = Json::parse(answer->body, nullptr, false);
    co_return json.is_object() ? bytes_at(json, "SpaceReclaimed") : 0;
}

net::awaitable<Result<std::uint64_t>> disk_usage(const EngineCalls& calls) {
    HttpRequest request = request_of(verb::get, "/system/df");
    request.most_answer_bytes = largest_usage;
    const auto answer = co_await calls.quick(std::move(request), prune_limits);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    const Json json = Json::parse(answer->body, nullptr, false);
    if (!json.is_object()) {
        co_return fail(ErrorCode::failed, "the engine's answer is not a JSON object");
    }
    co_return used_bytes(json);
}

}  // namespace slipway::engine
