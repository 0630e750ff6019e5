#include "core/manifest/values.hpp"

#include "core/ignore/clean_path.hpp"
#include "core/ignore/ignore.hpp"
#include "core/manifest/quoted.hpp"
#include "core/model/image_ref.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::manifest {
namespace {

/// `..` itself, or something below it.
bool leaves_root(std::string_view clean) {
    return clean == ".." || clean.starts_with("../");
}

bool is_platform_part(std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
}

}  // namespace

Fault tag_fault(std::string_view tag) {
    if (model::is_valid_tag(tag)) {
        return std::nullopt;
    }
    return quoted(tag) +
           " can't be a tag: write at most 128 letters, digits, '_', '.' and '-', with no '.' or "
           "'-' in front";
}

Fault registry_fault(std::string_view registry) {
    if (registry.empty()) {
        return std::nullopt;
    }
    if (registry.contains("://")) {
        return "a registry has no scheme: write " +
               quoted(registry.substr(registry.find("://") + 3));
    }
    if (registry.ends_with('/')) {
        return "write the registry without '/' at its end";
    }
    const auto parsed = model::parse_image_ref(std::string(registry) + "/image");
    if (!parsed) {
        return quoted(registry) +
               " can't be a registry: write a host, as registry.example.com/team (" +
               parsed.error().message + ")";
    }
    const std::string_view host = registry.substr(0, registry.find('/'));
    if (parsed->domain != host && host != "index.docker.io") {
        return quoted(host) + " is no host: write one with a dot or a port, or docker.io/" +
               std::string(registry) + " for Docker Hub";
    }
    return std::nullopt;
}

Fault image_fault(std::string_view image, std::string_view registry) {
    const std::string name =
        registry.empty() ? std::string(image) : std::string(registry) + "/" + std::string(image);
    const auto parsed = model::parse_image_ref(name);
    if (!parsed) {
        return quoted(image) +
               " can't be an image's name: write lower-case letters, digits and single '.', '_', "
               "'-', " +
               "in parts with '/' between (" + parsed.error().message + ")";
    }
    if (!parsed->tag.empty() || !parsed->digest.empty()) {
        return "write the image's name alone, and what follows it as 'version'";
    }
    if (registry.empty() && name.starts_with(parsed->domain + "/")) {
        return "write the image's name without a host, and " + quoted(parsed->domain) +
               " as 'registry'";
    }
    return std::nullopt;
}

Fault platform_fault(std::string_view platform) {
    int parts = 0;
    std::string_view rest = platform;
    bool is_valid = true;
    for (bool is_last = false; !is_last; ++parts) {
        const auto end = rest.find('/');
        is_last = end == std::string_view::npos;
        is_valid = is_valid && is_platform_part(rest.substr(0, end));
        rest.remove_prefix(is_last ? rest.size() : end + 1);
    }
    if (is_valid && parts <= 3) {
        return std::nullopt;
    }
    return quoted(platform) +
           " is no platform: write os/arch or os/arch/variant, as linux/amd64 or linux/arm/v7";
}

std::expected<std::string, std::string> normal_dockerfile(std::string_view path) {
    if (path.starts_with('/')) {
        return std::unexpected("write the path from the image's folder, without '/' in front");
    }
    std::string clean = ignore::clean_path(path);
    if (leaves_root(clean)) {
        return std::unexpected(
            quoted(path) + " is outside the image's folder: move the Dockerfile into it"
        );
    }
    if (clean == "." || path.ends_with('/')) {
        return std::unexpected(quoted(path) + " is a folder: write the Dockerfile's own path");
    }
    return clean;
}

std::expected<std::string, std::string> normal_watch(std::string_view pattern) {
    const bool is_exclusion = pattern.starts_with('!');
    std::string_view path = pattern.substr(is_exclusion ? 1 : 0);
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    if (path.empty()) {
        return std::unexpected(
            "a pattern is empty: write paths from the repository's root, as /shared/**"
        );
    }
    if (leaves_root(ignore::clean_path(path))) {
        return std::unexpected(
            quoted(pattern) + " is outside the repository: write a path from its root"
        );
    }
    std::string normal = (is_exclusion ? "!" : "") + std::string(path);
    const auto compiled = ignore::compile({normal}, "");
    if (!compiled.errors.empty()) {
        return std::unexpected(compiled.errors.front().message);
    }
    return normal;
}

}  // namespace slipway::manifest
