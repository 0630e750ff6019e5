#include "server/registry/address.hpp"

#include "core/base/result.hpp"
#include "server/base/tcp_client.hpp"
#include "server/registry/registry_client.hpp"

#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace slipway::registry {
namespace {

bool is_web(const urls::url& url) {
    const bool scheme =
        url.scheme_id() == urls::scheme::http || url.scheme_id() == urls::scheme::https;
    return scheme && !url.has_userinfo() && !url.encoded_host().empty();
}

// A request line can't be without one.
urls::url with_path(urls::url url) {
    if (url.encoded_path().empty()) {
        url.set_path_absolute(true);
    }
    return url;
}

bool leaves_tls(const urls::url& from, const urls::url& to) {
    return is_tls(from) && !is_tls(to) && !is_loopback(host_of(to));
}

}  // namespace

Result<urls::url> registry_url(std::string_view domain, const RegistryAccess& access) {
    const std::string host(domain == "docker.io" ? "registry-1.docker.io" : domain);
    Result<urls::url> url = parse_web_url("https://" + host);
    if (!url) {
        return fail(ErrorCode::failed, "'" + host + "' is no host with or without a port");
    }
    if (access.plain_http || (is_loopback(host_of(*url)) && access.ca_file.empty())) {
        url->set_scheme_id(urls::scheme::http);
    }
    return url;
}

Result<urls::url> resolve_redirect(const urls::url& from, std::string_view location) {
    const auto reference = urls::parse_uri_reference(location);
    urls::url target = from;
    if (reference.has_error() || target.resolve(*reference).has_error() || !is_web(target)) {
        return fail(ErrorCode::failed, "it redirects, but not to an http address");
    }
    if (leaves_tls(from, target)) {
        return fail(
            ErrorCode::failed,
            "it redirects to plain HTTP on " + authority_of(target) + ", which nobody could trust"
        );
    }
    return with_path(std::move(target));
}

Result<urls::url> parse_realm(const urls::url& registry, std::string_view realm) {
    Result<urls::url> url = parse_web_url(realm);
    if (!url) {
        return fail(ErrorCode::failed, "it names no http address where to sign in");
    }
    if (leaves_tls(registry, *url)) {
        return fail(
            ErrorCode::failed,
            "it wants the sign-in by plain HTTP on " + authority_of(*url) +
                ", where anybody could read along; its realm must be https"
        );
    }
    return url;
}

bool same_origin(const urls::url& left, const urls::url& right) {
    return left.scheme_id() == right.scheme_id() &&
           urls::grammar::ci_is_equal(host_of(left), host_of(right)) &&
           port_of(left) == port_of(right);
}

}  // namespace slipway::registry
