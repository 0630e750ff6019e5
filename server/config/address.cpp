#include "server/config/address.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>

namespace slipway::config {
namespace {

constexpr std::string_view after_scheme = "://";

bool has_scheme(std::string_view url) {
    return url.contains(after_scheme);
}

/// `user:password@host:port` of an address with a scheme.
std::string_view authority_of(std::string_view url) {
    url.remove_prefix(url.find(after_scheme) + after_scheme.size());
    return url.substr(0, url.find('/'));
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && stop == text.data() + text.size();
}

bool is_ip(int family, std::string_view text) {
    in6_addr address{};
    return ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

}  // namespace

bool is_http(std::string_view url) {
    return url.starts_with("https://") || url.starts_with("http://");
}

bool is_ssh(std::string_view url) {
    return url.starts_with("ssh://") || (!has_scheme(url) && url.contains(':'));
}

bool is_path(std::string_view url) {
    return !has_scheme(url) && !url.contains(':');
}

std::optional<std::string> problem_of_url(std::string_view url) {
    if (!is_http(url) && !is_ssh(url) && !is_path(url) && !url.starts_with("file:///")) {
        return "a clone url is https://…, http://…, ssh://…, git@host:path, file:///… or a path";
    }
    if (!has_scheme(url) || url.starts_with("file:")) {
        return std::nullopt;
    }
    const std::string_view authority = authority_of(url);
    const std::size_t at = authority.rfind('@');
    const std::string_view user =
        at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
    if (is_http(url) ? !user.empty() : user.contains(':')) {
        return "the url holds credentials; put them under credentials as token_file";
    }
    if (authority.size() == user.size() + (user.empty() ? 0 : 1)) {
        return "the url names no host";
    }
    return std::nullopt;
}

bool is_postgres(std::string_view store) {
    return store.starts_with("postgresql://") || store.starts_with("postgres://");
}

std::optional<std::string> problem_of_postgres(std::string_view store) {
    const std::string_view rest = store.substr(store.find(after_scheme) + after_scheme.size());
    const std::size_t at = rest.find('@');
    const bool has_password = at != std::string_view::npos && rest.substr(0, at).contains(':');
    // `sslpassword` is one too.
    if (has_password || rest.contains("password=")) {
        return "the store's address holds a password; put it into a file and name that as "
               "store_password_file";
    }
    return std::nullopt;
}

bool is_listen_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) {
        return false;
    }
    const std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        return is_ip(AF_INET6, host.substr(1, host.size() - 2));
    }
    return is_ip(AF_INET, host);
}

std::optional<std::string> project_of_url(std::string_view url) {
    std::string_view path;
    if (has_scheme(url) && !url.starts_with("file:")) {
        path = url.substr(url.find(after_scheme) + after_scheme.size());
        path.remove_prefix(authority_of(url).size());
    } else if (is_ssh(url)) {
        path = url.substr(url.find(':') + 1);
    }
    while (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    if (path.ends_with(".git")) {
        path.remove_suffix(4);
    }
    return path.empty() ? std::nullopt : std::optional(std::string(path));
}

}  // namespace slipway::config
