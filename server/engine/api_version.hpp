#pragma once

#include "core/base/result.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::engine {

struct ApiVersion {
    int major = 0;
    int minor = 0;

    auto operator<=>(const ApiVersion&) const = default;
};

inline constexpr ApiVersion oldest_spoken{.major = 1, .minor = 40};
inline constexpr ApiVersion newest_spoken{.major = 1, .minor = 56};  // the newest that was tested

[[nodiscard]] std::optional<ApiVersion> parse_api_version(std::string_view text);

[[nodiscard]] std::string to_string(ApiVersion version);

/// The newest version that both sides speak. `engine_oldest` may be empty where it is not known:
/// `/_ping` does not say it. Errors: `failed`, in words that say which side must be upgraded.
[[nodiscard]] Result<ApiVersion> common_version(
    std::string_view engine_newest, std::string_view engine_oldest
);

}  // namespace slipway::engine
