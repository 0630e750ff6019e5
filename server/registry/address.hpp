#pragma once

#include "core/base/result.hpp"
#include "server/registry/registry_client.hpp"

#include <boost/url/url.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::registry {

namespace urls = boost::urls;

[[nodiscard]] bool is_tls(const urls::url& url);

/// The host without brackets.
[[nodiscard]] std::string host_of(const urls::url& url);

/// The port as written, or the scheme's.
[[nodiscard]] std::string port_of(const urls::url& url);

/// `host` or `host:port`, as in a `Host` field and in messages.
[[nodiscard]] std::string authority_of(const urls::url& url);

/// Where the registry of a reference's domain is: `http` where `access` says so, and on loopback
/// unless it names a ca_file. docker.io is at registry-1.docker.io. Errors: `failed`.
[[nodiscard]] Result<urls::url> registry_url(std::string_view domain, const RegistryAccess& access);

/// An http or https address with a host and a path (`/` at least) and without user or password.
/// Errors: `failed`.
[[nodiscard]] Result<urls::url> parse_web_url(std::string_view text);

/// Where the `Location` that `from` answered with leads. Errors: `failed`: to no web address, or
/// from TLS to plain HTTP elsewhere than on loopback.
[[nodiscard]] Result<urls::url> resolve_redirect(const urls::url& from, std::string_view location);

/// The address of a challenge's `realm`. Errors: `failed`: no absolute web address, or passwords
/// for a registry behind TLS would leave this machine in plain HTTP.
[[nodiscard]] Result<urls::url> parse_realm(const urls::url& registry, std::string_view realm);

/// The same scheme, host and port: who may see the same credentials.
[[nodiscard]] bool same_origin(const urls::url& left, const urls::url& right);

/// `a=b&c=d`, for a query or a form.
[[nodiscard]] std::string encode_form(const std::vector<std::pair<std::string, std::string>>& fields
);

}  // namespace slipway::registry
