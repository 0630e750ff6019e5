#include "server/engine/registry_auth.hpp"

#include "core/wire/base64.hpp"
#include "server/base/credentials.hpp"

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace slipway::engine {

std::string registry_auth(const Credentials& credentials) {
    nlohmann::json auth = nlohmann::json::object();
    if (!credentials.registry_token.empty()) {
        auth["registrytoken"] = credentials.registry_token;
    } else if (!credentials.identity_token.empty()) {
        auth["identitytoken"] = credentials.identity_token;
    } else if (!credentials.username.empty()) {
        auth["username"] = credentials.username;
        auth["password"] = credentials.password;
    }
    if (!credentials.empty() && !credentials.server_address.empty()) {
        auth["serveraddress"] = credentials.server_address;
    }
    return wire::base64url_encode(
        auth.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
    );
}

}  // namespace slipway::engine
