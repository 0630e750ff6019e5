#include "server/mirror/address.hpp"

#include "core/base/result.hpp"
#include "server/mirror/mirror.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace slipway::mirror {
namespace {

constexpr std::string_view file_scheme = "file://";

bool starts_with_any(std::string_view url, auto... schemes) {
    return (url.starts_with(schemes) || ...);
}

Result<void> check_folder(std::string_view url) {
    std::string_view path = url;
    if (path.starts_with(file_scheme)) {
        path.remove_prefix(file_scheme.size());
    }
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
        return fail(
            ErrorCode::not_found,
            "reaching '" + std::string(url) +
                "': there is no such folder; correct the repository's url"
        );
    }
    return {};
}

Result<void> check_file(const std::filesystem::path& file, std::string_view key) {
    if (file.empty()) {
        return fail(
            ErrorCode::denied,
            "an ssh address needs credentials with ssh_key_file and known_hosts_file; set " +
                std::string(key)
        );
    }
    if (!std::ifstream(file)) {
        return fail(
            ErrorCode::denied,
            "reading " + std::string(key) + " '" + file.string() +
                "': it is missing or not readable for slipway"
        );
    }
    return {};
}

Result<void> check_ssh(const Remote& remote) {
    if (auto checked = check_file(remote.ssh_key_file, "ssh_key_file"); !checked) {
        return checked;
    }
    return check_file(remote.known_hosts_file, "known_hosts_file");
}

}  // namespace

Transport transport_of(std::string_view url) {
    if (starts_with_any(url, "http://", "https://")) {
        return Transport::http;
    }
    if (starts_with_any(url, "ssh://")) {
        return Transport::ssh;
    }
    if (starts_with_any(url, file_scheme)) {
        return Transport::local;
    }
    // libgit2 takes any other scheme for ssh, on whatever port it likes.
    if (url.empty() || url.contains("://")) {
        return Transport::unsupported;
    }
    return url.contains(':') ? Transport::ssh : Transport::local;
}

std::string shown(std::string_view url) {
    const std::size_t scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos || transport_of(url) == Transport::local) {
        return std::string(url);
    }
    const std::size_t host = scheme_end + 3;
    const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
    if (at == std::string_view::npos || at < host) {
        return std::string(url);
    }
    return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

Result<void> check(const Remote& remote) {
    switch (transport_of(remote.url)) {
        case Transport::unsupported:
            return fail(
                ErrorCode::invalid,
                "'" + shown(remote.url) +
                    "' is no address to clone from; use https://, http://, ssh://, git@host:path, "
                    "file:// or a path"
            );
        case Transport::local:
            return check_folder(remote.url);
        case Transport::ssh:
            return check_ssh(remote);
        case Transport::http:
            break;
    }
    return {};
}

}  // namespace slipway::mirror
