#pragma once

#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/transport.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace slipway::engine {

struct HttpRequest {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string target;                                 ///< path and query, encoded
    std::string registry_auth;                          ///< X-Registry-Auth; empty: not sent
    ContextSource body;                                 ///< a tar, sent in chunks; empty: no body
    std::size_t most_answer_bytes = 4UL * 1024 * 1024;  ///< of an answer that goes to no sink
};

struct HttpAnswer {
    unsigned status = 0;
    std::string api_version;      ///< Api-Version
    std::string builder_version;  ///< Builder-Version; empty on Engine 20.10
    std::string body;             ///< empty where it went to a sink
};

/// Takes the pieces of a body as they come.
using BodySink = std::function<void(std::string_view)>;

/// One exchange on a connection of its own, which is closed afterwards. The body of a 200 goes to
/// `sink` where there is one; every other body is collected, within its bound.
///
/// The request's body is written while the answer is read, because an engine may answer in
/// mid-upload, and nothing is shut down after it, because engines take a half-close for a cancelled
/// build. An answer before the body's end is the answer.
///
/// Requires: an executor that runs one handler at a time (a strand, or a context with one thread).
/// Errors: `unavailable` (no connection, or it ended before the answer did), `cancelled` (by the
/// caller, or a limit passed), `too_large`, `failed` (what answers does not speak HTTP), and those
/// of the request's body.
[[nodiscard]] net::awaitable<Result<HttpAnswer>> http_call(
    Transport transport, HttpRequest request, CallLimits limits, BodySink sink
);

}  // namespace slipway::engine
