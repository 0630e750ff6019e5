#include "server/engine/build_image.hpp"

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/build_query.hpp"
#include "server/engine/build_session.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/engine_calls.hpp"
#include "server/engine/error_text.hpp"
#include "server/engine/http_call.hpp"
#include "server/engine/session/offer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine {
namespace {

using Outcome = Result<wire::EngineOutcome>;

StreamRequest build_stream(
    std::string target, ContextSource context, LogSink log, CallLimits limits
) {
    HttpRequest http{
        .method = boost::beast::http::verb::post,
        .target = std::move(target),
        .registry_auth = {},
        .body = std::move(context),
    };
    return {
        .http = std::move(http),
        .read = read_build_words,
        .log = std::move(log),
        .limits = limits,
    };
}

std::string not_opened(const Error& error, std::string_view consequence) {
    std::string words = "opening a BuildKit session with the engine: ";
    words += error.message;
    words += " (does a proxy before the engine let POST /session through, with its upgrade?); ";
    words += consequence;
    return words;
}

void warn(const LogSink& log, const Error& error) {
    std::string words =
        not_opened(error, "going on without it, and so without credentials during the build");
    if (log) {
        log({.kind = wire::LogLine::Kind::warning, .text = std::move(words)});
    }
}

net::awaitable<Outcome> without_secrets(Error error) {
    std::string words = not_opened(error, "without it a build gets no secrets and no ssh agents");
    co_return fail(error.code, std::move(words));
}

net::awaitable<Outcome> build_in_session(
    const EngineCalls& calls,
    BuildRequest build,
    ContextSource context,
    LogSink log,
    CallLimits limits
) {
    const bool needed = !build.session.secrets.empty() || !build.session.ssh_agents.empty();
    SessionRequest request{
        .target = "/session", .id = random_session_id(), .offer = std::move(build.session)
    };
    SessionWork work = [&, id = request.id](const Result<void>& opened) {
        if (!opened && needed) {
            return without_secrets(opened.error());
        }
        if (!opened) {
            warn(log, opened.error());
        }
        std::string target = build_path(build, Builder::buildkit, opened ? id : "");
        return calls.stream(build_stream(std::move(target), std::move(context), log, limits));
    };
    co_return co_await calls.in_session(std::move(request), std::move(work));
}

net::awaitable<Outcome> build_without_session(
    const EngineCalls& calls,
    BuildRequest build,
    ContextSource context,
    LogSink log,
    CallLimits limits
) {
    StreamRequest request = build_stream(
        build_path(build, Builder::classic, {}), std::move(context), std::move(log), limits
    );
    co_return co_await calls.stream(std::move(request));
}

}  // namespace

net::awaitable<Result<BuiltImage>> build_image(
    const EngineCalls& calls,
    BuildRequest build,
    ContextSource context,
    LogSink log,
    CallLimits limits
) {
    if (auto offered = session::check(build.session); !offered) {
        co_return std::unexpected(offered.error());
    }
    if (!build.builder) {
        const auto negotiated = co_await calls.negotiate();
        if (!negotiated) {
            co_return std::unexpected(negotiated.error());
        }
        build.builder = negotiated->default_builder;
    }
    if (*build.builder == Builder::buildkit && (build.memory_bytes > 0 || build.cpu_millis > 0)) {
        log(
            {wire::LogLine::Kind::warning,
             "memory and processors are not limited: an engine's BuildKit takes no such limits"}
        );
    }
    auto* const run =
        *build.builder == Builder::buildkit ? build_in_session : build_without_session;
    const Outcome outcome =
        co_await run(calls, std::move(build), std::move(context), std::move(log), limits);
    if (!outcome) {
        co_return std::unexpected(outcome.error());
    }
    if (outcome->image_id.empty()) {
        co_return fail(
            ErrorCode::failed, "the engine ended without an error, but without an image"
        );
    }
    co_return BuiltImage{.id = outcome->image_id};
}

}  // namespace slipway::engine
