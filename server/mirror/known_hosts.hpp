#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::mirror {

enum class HostKey : std::uint8_t {
    known,
    unknown,    ///< no line for this host
    different,  ///< the host has lines, with other keys
    revoked,
};

struct HostAddress {
    std::string_view host;
    std::string_view port;  ///< lines of another port than 22 name the host `[host]:port`
};

/// What the text of a known_hosts file says about the key that a host has shown (in ssh's wire
/// form). Names may be hashed or patterns with `*`, `?` and `!`, as sshd(8) has them. Lines with
/// certificate authorities are passed over.
[[nodiscard]] HostKey find_host_key(
    std::string_view known_hosts, HostAddress address, std::string_view key
);

/// The name of a key's type, as `ssh-ed25519`, and its fingerprint, as `SHA256:…`: what people
/// compare.
[[nodiscard]] std::string key_type(std::string_view key);
[[nodiscard]] std::string fingerprint(std::string_view key);

}  // namespace slipway::mirror
