#include "server/api/page.hpp"

#include "server/dashboard/assets.hpp"
#include "server/dashboard/dashboard.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

namespace net = boost::asio;

/// The views' addresses, which server/dashboard/src/shell.tsx tells apart.
constexpr std::array views = {
    "/",
    "/builds",
    "/builds/{rest...}",
    "/images",
    "/images/{rest...}",
    "/deliveries",
    "/engines",
    "/explain",
};

/// Nothing from outside, no script or style in the page itself, no frame around it.
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// One of `gzip, br;q=0.8` (RFC 9110 §12.5.3); `gzip;q=0` refuses it.
bool is_gzip(std::string_view coding) {
    const std::size_t begin = std::min(coding.find_first_not_of(' '), coding.size());
    coding.remove_prefix(begin);
    const std::string_view name = coding.substr(0, coding.find_first_of("; "));
    const std::size_t weight = coding.find("q=");
    const bool refused = weight != std::string_view::npos &&
                         coding.find_first_not_of("0. ", weight + 2) == std::string_view::npos;
    return (name == "gzip" || name == "*") && !refused;
}

bool takes_gzip(std::string_view accepted) {
    while (!accepted.empty()) {
        const std::size_t end = std::min(accepted.find(','), accepted.size());
        if (is_gzip(accepted.substr(0, end))) {
            return true;
        }
        accepted.remove_prefix(std::min(end + 1, accepted.size()));
    }
    return false;
}

http::Response not_acceptable() {
    return http::problem(
        406,
        "not-acceptable",
        "The page is only had compressed",
        "Send `Accept-Encoding: gzip` (curl --compressed)."
    );
}

http::Response left_out() {
    return http::problem(
        404,
        "no-dashboard",
        "This slipway was built without its dashboard",
        "Build it with -DSLIPWAY_DASHBOARD=ON (node and npm are in deploy/packages). The same is "
        "at "
        "/api/v1/status."
    );
}

http::Response answer(
    const http::Request& request, const dashboard::Asset& asset, std::string_view caching
) {
    if (!takes_gzip(request.header("accept-encoding"))) {
        return not_acceptable();
    }
    const std::string etag = "\"" + std::string(asset.hash) + "\"";
    http::Response response;
    response.headers = {
        {"ETag", etag},
        {"Cache-Control", std::string(caching)},
        {"Vary", "Accept-Encoding"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", std::string(content_security_policy)},
    };
    if (request.header("if-none-match").contains(etag)) {
        response.status = 304;
        response.content_type.clear();
        return response;
    }
    response.content_type = asset.content_type;
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = asset.bytes;
    return response;
}

}  // namespace

http::Response show_page(const http::Request& request) {
    const auto page = dashboard::find("/");
    return page ? answer(request, *page, "no-cache") : left_out();
}

http::Response show_asset(const http::Request& request) {
    const auto asset = dashboard::find(request.path);
    return asset ? answer(request, *asset, "public, max-age=31536000, immutable")
                 : http::problem(
                       404,
                       "not-found",
                       "There is no such file of the page",
                       "It may be of another version: load the page again."
                   );
}

void add_page(http::Router& router) {
    using http::PathValues;
    using http::Request;
    for (const char* const view : views) {
        router.add("GET", view, [](Request request, PathValues) -> net::awaitable<http::Response> {
            co_return show_page(request);
        });
    }
    router.add(
        "GET",
        "/assets/{name}",
        [](Request request, PathValues) -> net::awaitable<http::Response> {
            co_return show_asset(request);
        }
    );
}

}  // namespace slipway::api
