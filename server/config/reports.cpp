#include "server/config/reports.hpp"

#include "server/config/address.hpp"
#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/values.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

/// An address whose path more is put behind, or that is asked as it is.
void read_web_address(Reader& reader, std::string_view key, std::string& target) {
    auto text = reader.text(key);
    if (!text) {
        return;
    }
    if (!is_http(text->value)) {
        reader.error(*text, "'" + std::string(key) + "' is no https://… or http://… address");
        return;
    }
    if (const auto problem = problem_of_url(text->value)) {
        const bool has_user = problem->contains("credentials");
        reader.error(
            *text,
            "'" + std::string(key) + "' " +
                (has_user ? "holds credentials, which do not belong there" : "names no host")
        );
        return;
    }
    target = text->value;
}

void read_base_address(Reader& reader, std::string_view key, std::string& target) {
    std::string address;
    read_web_address(reader, key, address);
    if (address.contains('?') || address.contains('#')) {
        reader.error("'" + std::string(key) + "' ends before any '?' or '#'");
        return;
    }
    while (address.ends_with('/')) {
        address.pop_back();
    }
    if (!address.empty()) {
        target = std::move(address);
    }
}

/// `https://gitlab.example.com` of `https://gitlab.example.com/platform/images.git`. A GitLab may
/// stand below a path: what is before the project is taken.
std::string address_of_gitlab(const Repository& repository) {
    if (!is_http(repository.url)) {
        return {};
    }
    std::string_view url = repository.url;
    url = url.ends_with(".git") ? url.substr(0, url.size() - 4) : url;
    const std::string project = "/" + repository.project;
    if (url.ends_with(project)) {
        return std::string(url.substr(0, url.size() - project.size()));
    }
    const std::size_t host = url.find("://") + 3;
    return std::string(url.substr(0, url.find('/', host)));
}

void read_events(Reader& reader, std::vector<std::string>& target) {
    for (const Text& text : reader.texts("events").value_or(std::vector<Text>{})) {
        if (std::ranges::find(all_events, text.value) == all_events.end()) {
            reader.error(
                text, "'" + text.value + "' is not one of 'image.pushed' and 'build.finished'"
            );
        } else {
            target.push_back(text.value);
        }
    }
}

Notification read_notification(Reader& reader, const std::vector<Repository>& repositories) {
    Notification notification;
    if (reader.required("url")) {
        read_web_address(reader, "url", notification.url);
    }
    if (!read_signing_key(reader, notification.signing_key)) {
        reader.error("key 'signing_key' or 'signing_key_file' is missing");
    }
    read_events(reader, notification.events);
    for (const Text& text : reader.texts("repositories").value_or(std::vector<Text>{})) {
        if (std::ranges::find(repositories, text.value, &Repository::name) == repositories.end()) {
            reader.error(text, "'" + text.value + "' is no configured repository");
        } else {
            notification.repositories.push_back(text.value);
        }
    }
    reader.finish();
    return notification;
}

}  // namespace

void read_public_url(Reader& reader, std::string& target) {
    read_base_address(reader, "public_url", target);
}

void read_gitlab(Reader reader, const Repository& repository, GitLab& target) {
    target.url = address_of_gitlab(repository);
    read_base_address(reader, "url", target.url);
    const bool has_token = read_secret(reader, "token", target.token);
    read_truth(reader, "statuses", target.statuses);
    read_truth(reader, "merge_requests", target.merge_requests);
    reader.finish();
    if (has_token && target.url.empty()) {
        reader.error(
            "where the clone url is no https:// one, key 'url' must say where GitLab is: "
            "https://gitlab.example.com"
        );
    }
}

void read_notifications(
    Reader& reader, const std::vector<Repository>& repositories, std::vector<Notification>& target
) {
    auto entries = reader.maps("notifications");
    for (Reader& entry : entries.value_or(std::vector<Reader>{})) {
        target.push_back(read_notification(entry, repositories));
    }
}

}  // namespace slipway::config
