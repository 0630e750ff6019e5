#include "server/config/repository.hpp"

#include "core/model/image_ref.hpp"
#include "server/config/address.hpp"
#include "server/config/attest.hpp"
#include "server/config/branches.hpp"
#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/registry.hpp"
#include "server/config/reports.hpp"
#include "server/config/values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

void read_name(Reader& reader, Names& names, std::string& target) {
    const auto text = reader.required("name");
    if (!text) {
        return;
    }
    const bool is_plain = std::ranges::all_of(text->value, [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '.' || letter == '_' || letter == '-';
    });
    if (!is_plain || std::isalnum(static_cast<unsigned char>(text->value.front())) == 0) {
        reader.error(
            *text,
            "'" + text->value +
                "' must be letters, digits, '.', '_' and '-', and start with one of the first two"
        );
        return;
    }
    names.add(reader, *text);
    target = text->value;
}

void read_project(Reader& reader, Names& projects, std::string& target) {
    if (const auto text = reader.required("project")) {
        projects.add(reader, *text);
        target = text->value;
    }
}

void read_url(Reader& reader, std::string& target) {
    const auto text = reader.required("url");
    if (!text) {
        return;
    }
    if (const auto problem = problem_of_url(text->value)) {
        reader.error(*text, *problem);
        return;
    }
    target = is_path(text->value) ? resolve(reader.notes(), text->value).string() : text->value;
}

void read_credentials(Reader reader, const std::string& url, CloneCredentials& target) {
    const bool has_token = read_secret(reader, "token", target.token);
    read_file_path(reader, "ssh_key_file", target.ssh_key_file);
    read_file_path(reader, "known_hosts_file", target.known_hosts_file);
    reader.finish();
    const bool has_key = !target.ssh_key_file.empty();
    if (has_key && target.known_hosts_file.empty()) {
        reader.error("an ssh key needs known_hosts_file: an unknown host is refused");
    }
    if (url.empty()) {
        return;
    }
    if (has_token && !is_http(url)) {
        reader.error(
            "a token is for an https:// url; this one takes ssh_key_file, or nothing if it is local"
        );
    }
    if (has_key && !is_ssh(url)) {
        reader.error(
            "an ssh key is for an ssh:// or git@host:path url; this one takes a token, or nothing "
            "if it is local"
        );
    }
}

WebhookSecret read_webhook(Reader& reader) {
    WebhookSecret secret;
    const bool has_key = read_signing_key(reader, secret.signing_key);
    const bool has_token = read_secret(reader, "token", secret.token);
    reader.finish();
    if (has_key == has_token) {
        reader.error("a webhook secret is either a signing_key or a token (or the file of one)");
    }
    return secret;
}

void read_registries(Reader& reader, Repository& target) {
    const auto registry = reader.text("registry");
    const auto allowed = reader.texts("allowed_registries");
    const auto is_good = [&reader](const Text& text) {
        const bool is_name = full_registry(text.value).has_value();
        if (!is_name) {
            reader.error(
                text, "'" + text.value + "' is no registry; write it as registry.example.com/team"
            );
        }
        return is_name;
    };
    for (const Text& text : allowed.value_or(std::vector<Text>{})) {
        if (is_good(text)) {
            target.allowed_registries.push_back(text.value);
        }
    }
    if (!registry || registry->value.empty() || !is_good(*registry)) {
        return;
    }
    target.registry = registry->value;
    if (!allowed || allowed->empty()) {
        target.allowed_registries = {registry->value};
        return;
    }
    const auto holds = [&](const std::string& place) {
        return is_within(*full_registry(registry->value), *full_registry(place));
    };
    if (std::ranges::none_of(target.allowed_registries, holds)) {
        reader.error(*registry, "'" + registry->value + "' is none of the allowed_registries");
    }
}

/// Without `/` at either end; nothing where it is no path from the repository's root.
std::optional<std::string> to_root(std::string_view text) {
    while (text.starts_with('/')) {
        text.remove_prefix(1);
    }
    while (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    const std::string framed = "/" + std::string(text) + "/";
    if (framed.contains("/./") || framed.contains("/../") ||
        (!text.empty() && framed.contains("//"))) {
        return std::nullopt;
    }
    return std::string(text);
}

void read_roots(Reader& reader, std::vector<std::string>& target) {
    for (const Text& text : reader.texts("roots").value_or(std::vector<Text>{})) {
        if (auto root = to_root(text.value)) {
            target.push_back(*std::move(root));
        } else {
            reader.error(
                text,
                "'" + text.value +
                    "' must be a folder from the repository's root, without '.' and '..'"
            );
        }
    }
    if (std::ranges::find(target, "") != target.end()) {
        target.clear();  // the whole repository holds the others
    }
}

void read_build_secrets(Reader& reader, std::vector<BuildSecret>& target) {
    constexpr std::size_t largest = 500UL * 1024;
    Names ids;
    auto secrets = reader.maps("secrets");
    for (Reader& entry : secrets.value_or(std::vector<Reader>{})) {
        BuildSecret& secret = target.emplace_back();
        if (const auto id = entry.required("id")) {
            ids.add(entry, *id);
            secret.id = id->value;
        }
        if (!read_secret(entry, "value", secret.value)) {
            entry.error("key 'value' or 'value_file' is missing");
        }
        if (secret.value.reveal().size() > largest) {
            entry.error("a build secret has at most 500 KB");
        }
        entry.finish();
    }
}

void read_agents(Reader& reader, std::vector<SshAgent>& target) {
    Names ids;
    auto agents = reader.maps("ssh");
    for (Reader& entry : agents.value_or(std::vector<Reader>{})) {
        SshAgent& agent = target.emplace_back();
        if (const auto id = entry.text("id")) {
            ids.add(entry, *id);
            agent.id = id->value;
        }
        if (entry.required("agent")) {
            read_path(entry, "agent", agent.socket);
        }
        entry.finish();
    }
}

void read_cache_from(Reader& reader, std::vector<std::string>& target) {
    for (const Text& text : reader.texts("cache_from").value_or(std::vector<Text>{})) {
        if (const auto reference = model::parse_image_ref(text.value); !reference) {
            reader.error(text, "'" + text.value + "': " + reference.error().message);
        } else {
            target.push_back(text.value);
        }
    }
}

}  // namespace

Repository read_repository(Reader& reader, Names& names, Names& projects) {
    Repository repository;
    read_name(reader, names, repository.name);
    read_project(reader, projects, repository.project);
    read_url(reader, repository.url);
    read_credentials(reader.map("credentials"), repository.url, repository.credentials);
    auto secrets = reader.maps("webhook");
    for (Reader& secret : secrets.value_or(std::vector<Reader>{})) {
        repository.webhook.push_back(read_webhook(secret));
    }
    read_registries(reader, repository);
    read_roots(reader, repository.roots);
    read_branches(reader, repository.branches);
    constexpr std::array adopt = {
        std::pair<std::string_view, bool>("assume", false),
        std::pair<std::string_view, bool>("build", true)
    };
    read_choice(reader, "adopt", repository.adopt_build, adopt);
    constexpr std::array overwrite = {
        std::pair<std::string_view, bool>("allow", false),
        std::pair<std::string_view, bool>("refuse", true)
    };
    read_choice(reader, "overwrite", repository.overwrite_refuse, overwrite);
    read_interval(reader, "follow_bases", repository.follow_bases);
    read_texts(reader, "engine_labels", repository.engine_labels);
    read_build_secrets(reader, repository.secrets);
    read_agents(reader, repository.ssh);
    read_cache_from(reader, repository.cache_from);
    read_attest(reader, repository.attest);
    read_gitlab(reader.map("gitlab"), repository, repository.gitlab);
    reader.finish();
    return repository;
}

}  // namespace slipway::config
