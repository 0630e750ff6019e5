#include "server/api/access.hpp"

#include "core/wire/signature.hpp"
#include "server/api/origin.hpp"
#include "server/api/session_cookie.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <chrono>
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

bool is_loopback(std::string_view peer) {
    return peer.starts_with("127.") || peer.starts_with("[::1]") || peer.starts_with("::1");
}

/// Not one that somebody made resolve to this machine.
bool has_loopback_name(std::string_view host) {
    const std::string_view name = host.substr(0, host.rfind(':'));
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]" || host == "[::1]";
}

bool is_own_machine(const config::Config& config, const http::Request& request) {
    if (!is_loopback(request.peer) || !request.header("x-forwarded-for").empty()) {
        return false;
    }
    const bool is_command = request.header("origin").empty() &&
                            request.header("content-type").starts_with("application/json");
    return is_command ||
           (has_loopback_name(request.header("host")) && is_same_origin(config, request));
}

Caller known(const config::ApiToken& token, bool by_cookie) {
    return {.name = token.name, .role = token.role, .by_cookie = by_cookie};
}

http::Response unauthorized() {
    http::Response response = http::problem(
        401,
        "unauthorized",
        "Unauthorized",
        "send a token of the configuration as `Authorization: Bearer …`"
    );
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"slipway\"");
    return response;
}

}  // namespace

const config::ApiToken* find_token(const config::Config& config, std::string_view text) {
    const config::ApiToken* found = nullptr;
    for (const config::ApiToken& token : config.tokens) {
        const bool same = wire::equal_in_constant_time(text, token.token.reveal());
        if (same && (found == nullptr || token.role == config::Role::write)) {
            found = &token;
        }
    }
    return found;
}

Caller caller_of(
    const config::Config& config, const http::Request& request, std::chrono::sys_seconds now
) {
    if (const std::string_view text = bearer_token(request); !text.empty()) {
        if (const config::ApiToken* const token = find_token(config, text)) {
            return known(*token, false);
        }
    } else if (const auto* const token = session_token(config, request.header("cookie"), now)) {
        return known(*token, true);
    }
    Caller anybody;
    if (config.anonymous_read) {
        anybody.role = config::Role::read;
    }
    if (config.anonymous_read && config.tokens.empty() && is_own_machine(config, request)) {
        anybody.role = config::Role::write;
    }
    return anybody;
}

std::optional<http::Response> refuse(
    const config::Config& config,
    const http::Request& request,
    const Caller& caller,
    config::Role role
) {
    if (!caller.role || (role == config::Role::write && caller.name.empty() &&
                         caller.role != config::Role::write)) {
        return unauthorized();
    }
    if (role == config::Role::read) {
        return std::nullopt;
    }
    if (caller.role != config::Role::write) {
        return http::problem(
            403,
            "forbidden",
            "Forbidden",
            "this token may read; a rebuild needs one of role `write`"
        );
    }
    if (caller.by_cookie && !is_same_origin(config, request)) {
        return cross_site();
    }
    return std::nullopt;
}

}  // namespace slipway::api
