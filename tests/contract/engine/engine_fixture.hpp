#pragma once

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/docker_engine.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/support/recorded_answer.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_engine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::engine {

inline std::string recorded(std::string_view name, std::size_t chunk_size = 512) {
    return test::recorded_answer(
        std::filesystem::path(SLIPWAY_SOURCE_DIR) / "tests/data/engine", name, chunk_size
    );
}

/// The pieces in order, then the end.
inline ContextSource context_of(std::vector<std::string> pieces) {
    return [pieces = std::move(pieces), next = std::size_t{0}]() mutable -> Result<std::string> {
        return next < pieces.size() ? pieces[next++] : std::string();
    };
}

inline const std::string upgraded =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

/// An engine that answers as 20.10 does unless a test says otherwise.
class ScriptedEngineTest : public ::testing::Test {
protected:
    ScriptedEngineTest() {
        script_.on("GET /_ping", {.answer = recorded("20_ping")});
        script_.on("GET /version", {.answer = recorded("20_version")});
        script_.on("POST /v1.41/session", {.answer = upgraded, .hold = true});
    }

    Result<EngineInfo> ping() { return run(engine_->ping()); }

    Result<BuiltImage> build(
        BuildRequest request = {}, ContextSource context = context_of({"tar"})
    ) {
        return run(engine_->build(std::move(request), std::move(context), sink(), limits_));
    }

    Result<PushedImage> push(const std::string& reference, Credentials credentials = {}) {
        return run(engine_->push(reference, std::move(credentials), sink(), limits_));
    }

    Result<void> pull(
        const std::string& reference, const std::string& platform = {}, Credentials credentials = {}
    ) {
        return run(engine_->pull(reference, platform, std::move(credentials), sink(), limits_));
    }

    template <class T>
    T run(net::awaitable<T> work) {
        return test::run_coroutine(context_, std::move(work));
    }

    /// Keeps the build waiting until the session has sent `text`.
    ContextSource context_after_session_text(std::string_view text) {
        return [this, text, first = true]() mutable -> Result<std::string> {
            if (!std::exchange(first, false)) {
                return std::string();
            }
            EXPECT_TRUE(script_.wait_for_session_text(text));
            return "tar";
        };
    }

    LogSink sink() {
        return [this](const wire::LogLine& line) {
            log_.push_back(line.text);
            if (line.kind == wire::LogLine::Kind::warning) {
                warnings_.push_back(line.text);
            }
        };
    }

    [[nodiscard]] std::string only_target() const {
        const auto requests = script_.requests();
        return requests.size() == 1 ? requests[0].method + " " + requests[0].target
                                    : std::to_string(requests.size()) + " requests";
    }

    test::ScriptedEngine script_;
    net::io_context context_;
    net::thread_pool blocking_{1};
    std::unique_ptr<EngineApi> engine_ = make_docker_engine(blocking_, script_.address()).value();
    CallLimits limits_{.total = std::chrono::seconds(20), .silent = std::chrono::seconds(10)};
    std::vector<std::string> log_;
    std::vector<std::string> warnings_;
};

/// `code: message`, for assertions that show both.
template <class T>
std::string error_of(const Result<T>& result) {
    if (result) {
        return "no error";
    }
    return std::to_string(static_cast<int>(result.error().code)) + ": " + result.error().message;
}

}  // namespace slipway::engine
