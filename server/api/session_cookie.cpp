#include "server/api/session_cookie.hpp"

#include "core/wire/signature.hpp"
#include "server/api/answers.hpp"
#include "server/api/query.hpp"
#include "server/config/config.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

constexpr std::string_view cookie_name = "slipway_session";
constexpr std::string_view attributes = "; Path=/; HttpOnly; SameSite=Strict";

/// A name may hold what a cookie may not; whose it is is found by making it again, so nobody needs
/// to read it back.
std::string value_of(const config::ApiToken& token, std::string_view expiry) {
    const std::string signature = wire::sign(token.token.reveal(), cookie_name, expiry, token.name);
    std::string value = percent_encoded(token.name);
    value.append(".").append(expiry).append(".").append(signature.substr(signature.find(',') + 1));
    return value;
}

/// The value of our cookie in `a=1; b=2`.
std::string_view find_value(std::string_view cookies) {
    while (!cookies.empty()) {
        const std::size_t end = std::min(cookies.find_first_of(";,"), cookies.size());
        std::string_view cookie = cookies.substr(0, end);
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
        if (cookie.starts_with(cookie_name) && cookie.substr(cookie_name.size()).starts_with('=')) {
            return cookie.substr(cookie_name.size() + 1);
        }
    }
    return {};
}

/// The middle part; a signature holds no point.
std::string_view expiry_of(std::string_view value) {
    const std::size_t signature = value.rfind('.');
    if (signature == std::string_view::npos || signature == 0) {
        return {};
    }
    const std::size_t expiry = value.rfind('.', signature - 1);
    return expiry == std::string_view::npos ? std::string_view()
                                            : value.substr(expiry + 1, signature - expiry - 1);
}

}  // namespace

std::string session_cookie(
    const config::ApiToken& token, std::chrono::sys_seconds now, bool secure
) {
    const std::chrono::seconds age = session_time;
    const std::string expiry = std::to_string((now + age).time_since_epoch().count());
    std::string cookie(cookie_name);
    cookie.append("=").append(value_of(token, expiry)).append(attributes);
    cookie.append("; Max-Age=").append(std::to_string(age.count()));
    return cookie.append(secure ? "; Secure" : "");
}

std::string no_session_cookie(bool secure) {
    std::string cookie(cookie_name);
    return cookie.append("=")
        .append(attributes)
        .append("; Max-Age=0")
        .append(secure ? "; Secure" : "");
}

const config::ApiToken* session_token(
    const config::Config& config, std::string_view cookies, std::chrono::sys_seconds now
) {
    const std::string_view value = find_value(cookies);
    const std::string_view expiry = expiry_of(value);
    const auto until = parse_number(expiry);
    if (!until || *until <= now.time_since_epoch().count()) {
        return nullptr;
    }
    const config::ApiToken* found = nullptr;
    for (const config::ApiToken& token : config.tokens) {
        if (wire::equal_in_constant_time(value, value_of(token, expiry))) {
            found = &token;
        }
    }
    return found;
}

}  // namespace slipway::api
