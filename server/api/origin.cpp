#include "server/api/origin.hpp"

#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

constexpr std::string_view exposed =
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Next-Offset";
constexpr std::string_view allowed_headers =
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, traceparent";

/// `https://host/path` → `https://host`.
std::string_view origin_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    return scheme == std::string_view::npos ? std::string_view()
                                            : url.substr(0, url.find('/', scheme + 3));
}

std::string_view authority_of(std::string_view origin) {
    const std::size_t scheme = origin.find("://");
    return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

bool is_configured(const config::Config& config, std::string_view origin) {
    return std::ranges::find(config.cors_origins, origin) != config.cors_origins.end();
}

}  // namespace

bool is_same_origin(const config::Config& config, const http::Request& request) {
    if (const std::string_view site = request.header("sec-fetch-site"); !site.empty()) {
        return site == "same-origin";
    }
    const std::string_view origin = request.header("origin");
    return !authority_of(origin).empty() && (authority_of(origin) == request.header("host") ||
                                             origin == origin_of(config.public_url));
}

bool is_cross_site(const config::Config& config, const http::Request& request) {
    const bool is_browser =
        !request.header("sec-fetch-site").empty() || !request.header("origin").empty();
    return is_browser && !is_same_origin(config, request);
}

http::Response cross_site() {
    return http::problem(
        403,
        "cross-site",
        "Another site's page asked for it",
        "what a signed-in browser changes must come from slipway's own page; if this is it, set "
        "public_url to the address that the browser shows; other clients send `Authorization: "
        "Bearer …`"
    );
}

bool came_by_https(const config::Config& config, const http::Request& request) {
    const std::string_view proto = request.header("x-forwarded-proto");
    // Of several proxies the first one is the client's.
    return proto.empty() ? config.public_url.starts_with("https://")
                         : proto.substr(0, proto.find(',')) == "https";
}

void allow_origin(const config::Config& config, std::string_view origin, http::Response& response) {
    if (config.cors_origins.empty()) {
        return;
    }
    response.headers.emplace_back("Vary", "Origin");
    if (is_configured(config, origin)) {
        response.headers.emplace_back("Access-Control-Allow-Origin", origin);
        response.headers.emplace_back("Access-Control-Expose-Headers", exposed);
    }
}

http::Response preflight(
    const config::Config& config, const http::Request& request, std::string_view methods
) {
    http::Response response{.status = 204, .content_type = "", .headers = {}};
    response.headers.emplace_back("Allow", methods);
    const std::string_view origin = request.header("origin");
    allow_origin(config, origin, response);
    if (is_configured(config, origin)) {
        response.headers.emplace_back("Access-Control-Allow-Methods", methods);
        response.headers.emplace_back("Access-Control-Allow-Headers", allowed_headers);
        response.headers.emplace_back("Access-Control-Max-Age", "600");
    }
    return response;
}

}  // namespace slipway::api
