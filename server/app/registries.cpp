#include "server/app/registries.hpp"

#include "server/base/credentials.hpp"
#include "server/config/config.hpp"
#include "server/registry/registry_client.hpp"

#include <functional>
#include <map>
#include <string>

namespace slipway::app {

std::map<std::string, Credentials, std::less<>> configured_credentials(const config::Config& config
) {
    std::map<std::string, Credentials, std::less<>> configured;
    for (const config::Registry& registry : config.registries) {
        if (!registry.username.empty()) {
            configured[registry.host] = {
                .username = registry.username,
                .password = registry.password.reveal(),
                .server_address = registry.host,
            };
        }
    }
    return configured;
}

std::map<std::string, registry::RegistryAccess> registry_access(const config::Config& config) {
    std::map<std::string, registry::RegistryAccess> access;
    for (const config::Registry& registry : config.registries) {
        access[registry.host] = {.ca_file = registry.ca_file, .plain_http = registry.plain_http};
    }
    return access;
}

}  // namespace slipway::app
