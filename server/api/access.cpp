#include "server/api/access.hpp"

#include "core/wire/signature.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

constexpr std::string_view scheme = "bearer ";

/// The scheme's name is case-insensitive (RFC 9110 §11.1).
std::string_view bearer_token(const http::Request& request) {
    const std::string_view header = request.header("authorization");
    if (header.size() <= scheme.size()) {
        return {};
    }
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = header[i];
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (lower != scheme[i]) {
            return {};
        }
    }
    return header.substr(scheme.size());
}

std::optional<config::Role> find_role(const config::Config& config, std::string_view token) {
    std::optional<config::Role> role;
    for (const config::ApiToken& known : config.tokens) {
        const bool same = wire::equal_in_constant_time(token, known.token.reveal());
        if (same && (!role || known.role == config::Role::write)) {
            role = known.role;
        }
    }
    return role;
}

bool is_own_machine(const http::Request& request) {
    const bool loopback = request.peer.starts_with("127.") || request.peer.starts_with("[::1]") ||
                          request.peer.starts_with("::1");
    return loopback && request.header("origin").empty() &&
           request.header("content-type").starts_with("application/json");
}

}  // namespace

std::optional<http::Response> refuse(
    const config::Config& config, const http::Request& request, config::Role role
) {
    if (role == config::Role::read && config.anonymous_read) {
        return std::nullopt;
    }
    if (config.tokens.empty() && config.anonymous_read && is_own_machine(request)) {
        return std::nullopt;
    }
    const std::string_view token = bearer_token(request);
    const std::optional<config::Role> known =
        token.empty() ? std::nullopt : find_role(config, token);
    if (!known) {
        http::Response response = http::problem(
            401,
            "unauthorized",
            "Unauthorized",
            "send a token of the configuration as `Authorization: Bearer …`"
        );
        response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"slipway\"");
        return response;
    }
    if (role == config::Role::write && *known != config::Role::write) {
        return http::problem(
            403,
            "forbidden",
            "Forbidden",
            "this token may read; a rebuild needs one of role `write`"
        );
    }
    return std::nullopt;
}

}  // namespace slipway::api
