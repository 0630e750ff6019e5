#include "server/client/web_address.hpp"

#include "core/base/result.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::client {

bool is_tls(const urls::url& url) {
    return url.scheme_id() == urls::scheme::https;
}

std::string host_of(const urls::url& url) {
    return url.host_address();
}

std::string port_of(const urls::url& url) {
    if (!url.port().empty()) {
        return url.port();
    }
    return is_tls(url) ? "443" : "80";
}

std::string authority_of(const urls::url& url) {
    return std::string(url.encoded_host_and_port());
}

Result<urls::url> parse_web_url(std::string_view text) {
    const auto parsed = urls::parse_uri(text);
    if (parsed.has_error()) {
        return fail(ErrorCode::failed, "no http address");
    }
    urls::url url(*parsed);
    const bool is_web =
        url.scheme_id() == urls::scheme::http || url.scheme_id() == urls::scheme::https;
    if (!is_web || url.has_userinfo() || url.encoded_host().empty()) {
        return fail(ErrorCode::failed, "no http address");
    }
    if (url.encoded_path().empty()) {
        url.set_path_absolute(true);  // a request line can't be without one
    }
    return url;
}

std::string encode_form(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string form;
    for (const auto& [name, value] : fields) {
        form += form.empty() ? "" : "&";
        form += name + "=" + urls::encode(value, urls::unreserved_chars);
    }
    return form;
}

}  // namespace slipway::client
