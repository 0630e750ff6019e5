#include "server/engine/engine_calls.hpp"

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/api_version.hpp"
#include "server/engine/build_session.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/error_text.hpp"
#include "server/engine/http_call.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/verb.hpp>

#include <expected>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::engine {
namespace {

using boost::beast::http::verb;
using Json = nlohmann::json;

Result<Json> parse_json(const HttpAnswer& answer) {
    Json json = Json::parse(answer.body, nullptr, false);
    if (!json.is_object()) {
        return fail(ErrorCode::failed, "the engine's answer is not a JSON object");
    }
    return json;
}

HttpRequest get(std::string target, std::string auth) {
    return {
        .method = verb::get,
        .target = std::move(target),
        .registry_auth = std::move(auth),
        .body = {},
    };
}

std::string versioned(ApiVersion version, const std::string& target) {
    return "/v" + to_string(version) + target;
}

void show(const LogSink& log, const std::vector<wire::LogLine>& lines) {
    for (const wire::LogLine& line : lines) {
        if (log) {
            log(line);
        }
    }
}

}  // namespace

std::string text_at(const Json& json, const char* pointer) {
    const Json::json_pointer path(pointer);
    if (!json.contains(path) || !json.at(path).is_string()) {
        return {};
    }
    return json.at(path).get<std::string>();
}

net::awaitable<Result<HttpAnswer>> EngineCalls::unversioned(HttpRequest request, CallLimits limits)
    const {
    BodySink none;
    auto answer = co_await http_call(transport_, std::move(request), limits, std::move(none));
    if (answer && answer->status / 100 != 2) {
        co_return std::unexpected(refusal(answer->status, answer->body, read_registry_words));
    }
    // Nobody set this limit but we, so nothing was cancelled: the engine is away.
    const auto state = co_await net::this_coro::cancellation_state;
    const bool late = !answer && answer.error().code == ErrorCode::cancelled &&
                      state.cancelled() == net::cancellation_type::none;
    if (late) {
        co_return fail(ErrorCode::unavailable, answer.error().message);
    }
    co_return answer;
}

net::awaitable<Result<Negotiated>> EngineCalls::negotiate() const {
    HttpRequest ping = get("/_ping", {});
    const auto answer = co_await unversioned(std::move(ping));
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    const auto version = common_version(answer->api_version, {});
    if (!version) {
        co_return std::unexpected(version.error());
    }
    // Engine 20.10 recommends none, and has BuildKit.
    const bool classic = answer->builder_version == "1";
    co_return Negotiated{
        .version = *version,
        .default_builder = classic ? Builder::classic : Builder::buildkit,
    };
}

net::awaitable<Result<EngineInfo>> EngineCalls::info() const {
    const auto negotiated = co_await negotiate();
    if (!negotiated) {
        co_return std::unexpected(negotiated.error());
    }
    HttpRequest request = get("/version", {});
    const auto answer = co_await unversioned(std::move(request));
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    const auto json = parse_json(*answer);
    if (!json) {
        co_return std::unexpected(json.error());
    }
    const auto version =
        common_version(text_at(*json, "/ApiVersion"), text_at(*json, "/MinAPIVersion"));
    if (!version) {
        co_return std::unexpected(version.error());
    }
    co_return EngineInfo{
        .api_version = to_string(*version),
        .engine_version = text_at(*json, "/Version"),
        .os = text_at(*json, "/Os"),
        .default_builder = negotiated->default_builder,
    };
}

net::awaitable<Result<HttpAnswer>> EngineCalls::quick(HttpRequest request, CallLimits limits)
    const {
    const auto negotiated = co_await negotiate();
    if (!negotiated) {
        co_return std::unexpected(negotiated.error());
    }
    request.target = versioned(negotiated->version, request.target);
    co_return co_await unversioned(std::move(request), limits);
}

net::awaitable<Result<Json>> EngineCalls::get_json(std::string target, std::string auth) const {
    HttpRequest request = get(std::move(target), std::move(auth));
    const auto answer = co_await quick(std::move(request));
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    co_return parse_json(*answer);
}

net::awaitable<Result<wire::EngineOutcome>> EngineCalls::stream(StreamRequest request) const {
    const auto negotiated = co_await negotiate();
    if (!negotiated) {
        co_return std::unexpected(negotiated.error());
    }
    request.http.target = versioned(negotiated->version, request.http.target);
    wire::EngineProgress progress;
    BodySink sink = [&](std::string_view bytes) { show(request.log, progress.feed(bytes)); };
    const auto answer =
        co_await http_call(transport_, std::move(request.http), request.limits, std::move(sink));
    // A line that the end cut off is shown, but says nothing about the outcome.
    std::optional<std::string> words = progress.outcome().error;
    show(request.log, progress.finish());
    if (answer && answer->status != 200) {
        co_return std::unexpected(refusal(answer->status, answer->body, request.read));
    }
    if (answer) {
        words = progress.outcome().error;
    }
    if (words && (answer || answer.error().code == ErrorCode::unavailable)) {
        co_return fail(request.read(*words), *words);
    }
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    co_return progress.outcome();
}

net::awaitable<Result<wire::EngineOutcome>> EngineCalls::in_session(
    SessionRequest request, SessionWork work
) const {
    const auto negotiated = co_await negotiate();
    if (!negotiated) {
        co_return std::unexpected(negotiated.error());
    }
    request.target = versioned(negotiated->version, request.target);
    co_return co_await within_session(transport_, std::move(request), std::move(work));
}

}  // namespace slipway::engine
