#include "server/engine/api_version.hpp"

#include "core/base/result.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace slipway::engine {
namespace {

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [stop, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc() || stop != text.end() || value < 0) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::optional<ApiVersion> parse_api_version(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) {
        return std::nullopt;
    }
    const auto major = number(text.substr(0, dot));
    const auto minor = number(text.substr(dot + 1));
    if (!major || !minor) {
        return std::nullopt;
    }
    return ApiVersion{.major = *major, .minor = *minor};
}

std::string to_string(ApiVersion version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Result<ApiVersion> common_version(std::string_view engine_newest, std::string_view engine_oldest) {
    const auto newest = parse_api_version(engine_newest);
    if (!newest) {
        return fail(
            ErrorCode::failed, "it names no API version: is this the socket of a Docker Engine?"
        );
    }
    if (*newest < oldest_spoken) {
        return fail(
            ErrorCode::failed,
            "it speaks API " + to_string(*newest) + " at most, and slipway " +
                to_string(oldest_spoken) + " at least: upgrade the engine"
        );
    }
    const auto oldest = parse_api_version(engine_oldest);
    if (oldest && *oldest > newest_spoken) {
        return fail(
            ErrorCode::failed,
            "it speaks API " + to_string(*oldest) + " at least, and slipway " +
                to_string(newest_spoken) + " at most: upgrade slipway"
        );
    }
    return std::min(*newest, newest_spoken);
}

}  // namespace slipway::engine
