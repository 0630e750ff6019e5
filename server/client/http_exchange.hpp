#pragma once

#include "core/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/url/url.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace slipway::registry {

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

}  // namespace slipway::registry
