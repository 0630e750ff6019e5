#include "server/api/answers.hpp"

#include "core/base/sha256.hpp"
#include "server/api/build_json.hpp"
#include "server/api/query.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {

using nlohmann::ordered_json;

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
        if (plain) {
            result += c;
        } else {
            result.append(1, '%').append(1, digits[byte / 16U]).append(1, digits[byte % 16U]);
        }
    }
    return result;
}

http::Response with_json(unsigned status, const ordered_json& json) {
    return {
        .status = status, .content_type = "application/json", .headers = {}, .body = to_text(json)
    };
}

http::Response with_next(ordered_json json, const std::string& next) {
    json["next"] = next.empty() ? ordered_json() : ordered_json(next);
    http::Response response = with_json(200, json);
    if (!next.empty()) {
        response.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
    }
    return response;
}

std::string next_page(
    std::string_view path,
    const Page& page,
    std::int64_t cursor,
    std::initializer_list<std::pair<std::string_view, std::string_view>> kept
) {
    std::string next(path);
    next += "?limit=" + std::to_string(page.limit) + "&cursor=" + std::to_string(cursor);
    for (const auto& [name, value] : kept) {
        if (!value.empty()) {
            next.append("&").append(name).append("=").append(percent_encoded(value));
        }
    }
    return next;
}

std::string etag_of(std::string_view body) {
    constexpr std::size_t digits = 32;
    return "\"" + sha256_hex(body).substr(0, digits) + "\"";
}

http::Response with_etag(const http::Request& request, http::Response response) {
    const std::string etag = etag_of(response.body);
    response.headers.emplace_back("ETag", etag);
    if (request.header("if-none-match").contains(etag)) {
        response.status = 304;
        response.content_type.clear();
        response.body.clear();
    }
    return response;
}

http::Response not_found(std::string_view detail) {
    return http::problem(404, "not-found", "Not found", detail);
}

http::Response no_such_build() {
    return not_found("there is no build of this id");
}

http::Response no_such_step() {
    return not_found("there is no step of this number in a build of this id");
}

http::Response no_stream(bool is_stopping) {
    http::Response response =
        is_stopping
            ? http::problem(503, "stopping", "Stopping", "the daemon is shutting down")
            : http::problem(
                  503,
                  "too-many-readers",
                  "Too many readers",
                  "as many streams are open as this daemon serves: read /api/v1/status with "
                  "If-None-Match instead, or come again"
              );
    response.headers.emplace_back("Retry-After", "5");
    return response;
}

}  // namespace slipway::api
