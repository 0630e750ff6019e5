#pragma once

#include "core/base/result.hpp"

#include <boost/url/url.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::client {

namespace urls = boost::urls;

[[nodiscard]] bool is_tls(const urls::url& url);

/// The host without brackets.
[[nodiscard]] std::string host_of(const urls::url& url);

/// The port as written, or the scheme's.
[[nodiscard]] std::string port_of(const urls::url& url);

/// `host` or `host:port`, as in a `Host` field and in messages.
[[nodiscard]] std::string authority_of(const urls::url& url);

/// An http or https address with a host and a path (`/` at least) and without user or password.
/// Errors: `failed`.
[[nodiscard]] Result<urls::url> parse_web_url(std::string_view text);

/// `a=b&c=d`, for a query or a form.
[[nodiscard]] std::string encode_form(const std::vector<std::pair<std::string, std::string>>& fields
);

}  // namespace slipway::client
