#pragma once

#include "server/config/config.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace slipway::api {

/// How long a browser is signed in.
inline constexpr std::chrono::hours session_time{12};

/// The cookie that signs a browser in, as a Set-Cookie field: `name.expiry.signature`, keyed by the
/// token's secret. Nothing is stored, so every replica takes it, and it ends when the token is
/// changed or removed.
[[nodiscard]] std::string session_cookie(
    const config::ApiToken& token, std::chrono::sys_seconds now, bool secure
);

/// The one that signs it out.
[[nodiscard]] std::string no_session_cookie(bool secure);

/// Whose session a Cookie field holds; null: nobody's, or its time is over. All tokens are
/// compared, each in constant time.
[[nodiscard]] const config::ApiToken* session_token(
    const config::Config& config, std::string_view cookies, std::chrono::sys_seconds now
);

}  // namespace slipway::api
