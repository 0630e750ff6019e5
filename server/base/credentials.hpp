#pragma once

#include <string>

namespace slipway {

/// How to sign in at a registry; empty: anonymous. Never shown, never logged.
struct Credentials {
    std::string username{};
    std::string password{};
    std::string identity_token{};  ///< an OAuth2 refresh token
    std::string registry_token{};  ///< a bearer token as it is
    std::string server_address{};  ///< the key under which they were found

    [[nodiscard]] bool empty() const {
        return username.empty() && identity_token.empty() && registry_token.empty();
    }

    bool operator==(const Credentials&) const = default;
};

}  // namespace slipway
