#include "server/http/target.hpp"

#include "core/base/result.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::http {

namespace {

namespace urls = boost::urls;

/// Boost.URL 1.81 takes what follows a colon and is no port for a path without a slash.
bool is_web(const urls::url_view& url) {
    const bool scheme =
        url.scheme_id() == urls::scheme::http || url.scheme_id() == urls::scheme::https;
    const std::string_view path = url.encoded_path();
    return scheme && !url.has_userinfo() && !url.encoded_host().empty() &&
           (path.empty() || path.starts_with('/'));
}

Result<urls::url_view> parse_url(std::string_view text) {
    const bool origin_form = text.starts_with('/');
    const auto url = origin_form ? urls::parse_origin_form(text) : urls::parse_absolute_uri(text);
    if (url.has_error() || (!origin_form && !is_web(*url))) {
        return fail(ErrorCode::invalid, "The request target is no path and no http address.");
    }
    return *url;
}

std::vector<std::string> decoded_segments(std::string_view path) {
    std::vector<std::string> segments;
    while (path.size() > 1) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        segments.push_back(urls::pct_string_view(path.substr(1, end - 1)).decode());
        path.remove_prefix(end);
    }
    if (!path.empty() && !segments.empty()) {
        segments.emplace_back();
    }
    return segments;
}

bool has_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

bool has_nul(const Target& target) {
    return has_nul(target.path) || std::ranges::any_of(target.query, [](const auto& entry) {
               return has_nul(entry.first) || has_nul(entry.second);
           });
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
    const Result<urls::url_view> url = parse_url(text);
    if (!url) {
        return std::unexpected(url.error());
    }
    Target target{
        .path = url->path(), .segments = decoded_segments(url->encoded_path()), .query = {}
    };
    if (target.path.empty()) {
        target.path += '/';
    }
    for (const auto& parameter : url->params()) {
        target.query.insert_or_assign(parameter.key, parameter.value);
    }
    if (has_nul(target)) {
        return fail(ErrorCode::invalid, "The request target holds a NUL.");
    }
    return target;
}

}  // namespace slipway::http
