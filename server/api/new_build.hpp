#pragma once

#include "server/api/api.hpp"
#include "server/base/trace_context.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <expected>
#include <string>

namespace slipway::api {

/// How a build is asked for, whichever path it is.
struct Asking {
    std::string key;               ///< `Idempotency-Key`; empty: never a duplicate
    std::chrono::seconds wait{0};  ///< `?wait=`, at most an hour
    bool dry_run = false;          ///< `?dry_run=1`
    TraceContext trace{};          ///< `traceparent`, else a new one
};

/// Reads it from a request, else the answer: 400.
[[nodiscard]] std::expected<Asking, http::Response> asking_of(const http::Request& request);

/// Queues a build, wakes the factory and answers with the build: 202 at once; after a wait 200 it
/// succeeded, 409 it did not, 504 it has not ended. A dry run only tells what would be asked for.
[[nodiscard]] net::awaitable<http::Response> ask_for(
    Context& context, store::NewBuild build, Asking asking
);

}  // namespace slipway::api
