#include "server/factory/remote.hpp"

#include "server/config/config.hpp"
#include "server/mirror/mirror.hpp"

namespace slipway::factory {

mirror::Remote remote_of(const config::Repository& repository) {
    return {
        .url = repository.url,
        .token = repository.credentials.token.reveal(),
        .ssh_key_file = repository.credentials.ssh_key_file,
        .known_hosts_file = repository.credentials.known_hosts_file,
    };
}

}  // namespace slipway::factory
