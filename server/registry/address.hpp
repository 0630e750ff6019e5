#pragma once

#include "core/base/result.hpp"
#include "server/client/web_address.hpp"  // IWYU pragma: export
#include "server/registry/registry_client.hpp"

#include <boost/url/url.hpp>

#include <string_view>

namespace slipway::registry {

namespace urls = boost::urls;
using client::authority_of;
using client::encode_form;
using client::host_of;
using client::is_tls;
using client::parse_web_url;
using client::port_of;

/// Where the registry of a reference's domain is: `http` where `access` says so, and on loopback
/// unless it names a ca_file. docker.io is at registry-1.docker.io. Errors: `failed`.
[[nodiscard]] Result<urls::url> registry_url(std::string_view domain, const RegistryAccess& access);

/// Where the `Location` that `from` answered with leads. Errors: `failed`: to no web address, or
/// from TLS to plain HTTP elsewhere than on loopback.
[[nodiscard]] Result<urls::url> resolve_redirect(const urls::url& from, std::string_view location);

/// The address of a challenge's `realm`. Errors: `failed`: no absolute web address, or passwords
/// for a registry behind TLS would leave this machine in plain HTTP.
[[nodiscard]] Result<urls::url> parse_realm(const urls::url& registry, std::string_view realm);

/// The same scheme, host and port: who may see the same credentials.
[[nodiscard]] bool same_origin(const urls::url& left, const urls::url& right);

}  // namespace slipway::registry
