#pragma once

#include "core/base/result.hpp"
#include "server/base/trace_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/url/url.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::client {

namespace net = boost::asio;
namespace ssl = boost::asio::ssl;
namespace urls = boost::urls;
namespace http = boost::beast::http;

struct HttpRequest {
    http::verb method = http::verb::get;
    urls::url url;
    std::string authorization;  ///< these three: empty: not sent
    std::string accept;
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{};  ///< further ones
    /// That it is part of: each exchange with a span of its own.
    std::optional<TraceContext> trace{};
};

using HttpAnswer = http::response<http::string_body>;

/// One exchange on a connection of its own, which is closed afterwards; over TLS where the url says
/// https, for which `tls` is then needed. An answer before the request's end is the answer.
///
/// It has no deadline; cancellation closes the connection. Errors: `unavailable` (no connection, or
/// it ended before the answer did), `too_large` (the answer is above `limit` bytes), `failed` (the
/// certificate is not trusted, or what answers does not speak HTTP), `cancelled`.
[[nodiscard]] net::awaitable<Result<HttpAnswer>> http_exchange(
    HttpRequest request, std::shared_ptr<ssl::context> tls, std::size_t limit
);

/// What `Retry-After` asks for, where that is seconds (RFC 9110, 10.2.3); a date is left to the
/// usual back-off. 0: nothing.
[[nodiscard]] std::chrono::seconds asked_wait(const HttpAnswer& answer);

}  // namespace slipway::client
