#include "server/http/problem.hpp"

#include "core/base/result.hpp"
#include "server/http/message.hpp"

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace slipway::http {

Response problem(
    unsigned status, std::string_view kind, std::string_view title, std::string_view detail
) {
    const nlohmann::ordered_json fields = {
        {"type", "urn:slipway:problem:" + std::string(kind)},
        {"title", title},
        {"status", status},
        {"detail", detail},
    };
    // A detail may quote what a client sent, which need not be UTF-8.
    const auto replace = nlohmann::ordered_json::error_handler_t::replace;
    return {
        .status = status,
        .content_type = "application/problem+json",
        .body = fields.dump(-1, ' ', false, replace),
    };
}

Response problem(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid:
            return problem(400, "invalid", "The request is wrong", error.message);
        case ErrorCode::denied: {
            Response response =
                problem(401, "denied", "Credentials are missing or wrong", error.message);
            response.headers.emplace_back("WWW-Authenticate", "Bearer");
            return response;
        }
        case ErrorCode::not_found:
            return problem(404, "not-found", "There is no such thing", error.message);
        case ErrorCode::conflict:
            return problem(409, "conflict", "The present state does not allow it", error.message);
        case ErrorCode::too_large:
            return problem(413, "too-large", "The request is too large", error.message);
        case ErrorCode::unavailable: {
            Response response =
                problem(503, "unavailable", "A needed part is away, try again", error.message);
            response.headers.emplace_back("Retry-After", "5");
            return response;
        }
        case ErrorCode::cancelled:
        case ErrorCode::failed:
        case ErrorCode::internal:
            break;
    }
    return problem(500, "internal", "Something went wrong here", "The server's log says more.");
}

}  // namespace slipway::http
