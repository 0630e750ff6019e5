#pragma once

#include "server/base/credentials.hpp"
#include "server/config/config.hpp"
#include "server/registry/registry_client.hpp"

#include <functional>
#include <map>
#include <string>

namespace slipway::app {

/// By host; not those without a name to sign in with.
[[nodiscard]] std::map<std::string, Credentials, std::less<>> configured_credentials(
    const config::Config& config
);

/// How each configured registry is reached, by host.
[[nodiscard]] std::map<std::string, registry::RegistryAccess> registry_access(
    const config::Config& config
);

}  // namespace slipway::app
