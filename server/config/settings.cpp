#include "server/config/settings.hpp"

#include "server/config/address.hpp"
#include "server/config/config.hpp"
#include "server/config/engines.hpp"
#include "server/config/reader.hpp"
#include "server/config/reports.hpp"
#include "server/config/repository.hpp"
#include "server/config/values.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

void read_listen(Reader& reader, std::string& target) {
    const auto text = reader.text("listen");
    if (!text) {
        return;
    }
    if (!is_listen_address(text->value)) {
        reader.error(
            *text,
            "'" + text->value + "' is no address; write 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080"
        );
        return;
    }
    target = text->value;
}

/// After `data`, which it is in by default.
void read_store(Reader& reader, Config& config) {
    config.store = std::string(sqlite_scheme) + (config.data / "slipway.db").string();
    const auto text = reader.text("store");
    if (!text || text->value.empty()) {
        return;
    }
    const std::string_view value = text->value;
    if (is_postgres(value)) {
        if (const auto problem = problem_of_postgres(value)) {
            reader.error(*text, *problem);
        } else {
            config.store = text->value;
        }
    } else if (!value.starts_with(sqlite_scheme) || value.size() == sqlite_scheme.size()) {
        reader.error(*text, "a store is sqlite:PATH or postgresql://user@host/database");
    } else {
        config.store = std::string(sqlite_scheme) +
                       resolve(reader.notes(), value.substr(sqlite_scheme.size())).string();
    }
}

/// After `store`, which it is of.
void read_store_password(Reader& reader, Config& config) {
    if (read_secret(reader, "store_password", config.store_password) &&
        !is_postgres(config.store)) {
        reader.error("'store_password' is for a store that is postgresql://user@host/database");
    }
}

void read_docker_config(Reader& reader, std::filesystem::path& target) {
    const Environment& environment = reader.notes().environment;
    if (const auto folder = environment("DOCKER_CONFIG"); folder && !folder->empty()) {
        target = *folder;
    } else if (const auto home = environment("HOME"); home && !home->empty()) {
        target = std::filesystem::path(*home) / ".docker";
    }
    read_path(reader, "docker_config", target);
}

Registry read_registry(Reader& reader, Names& names) {
    Registry registry;
    if (const auto host = reader.required("host")) {
        names.add(reader, *host);
        registry.host = host->value;
    }
    read_text(reader, "username", registry.username);
    const bool has_password = read_secret(reader, "password", registry.password);
    if (has_password == registry.username.empty()) {
        reader.error("'username' and 'password' (or 'password_file') go together");
    }
    read_file_path(reader, "ca_file", registry.ca_file);
    read_truth(reader, "plain_http", registry.plain_http);
    if (registry.plain_http && !registry.ca_file.empty()) {
        reader.error("'plain_http' and 'ca_file' exclude each other");
    }
    reader.finish();
    return registry;
}

void read_registries(Reader& reader, std::vector<Registry>& target) {
    Names names;
    auto registries = reader.maps("registries");
    for (Reader& registry : registries.value_or(std::vector<Reader>{})) {
        target.push_back(read_registry(registry, names));
    }
}

ApiToken read_token(Reader& reader, Names& names) {
    constexpr std::array roles = {
        std::pair<std::string_view, Role>("read", Role::read),
        std::pair<std::string_view, Role>("write", Role::write)
    };
    ApiToken token;
    if (const auto name = reader.required("name")) {
        names.add(reader, *name);
        token.name = name->value;
    }
    read_choice(reader, "role", token.role, roles);
    if (!read_secret(reader, "token", token.token)) {
        reader.error("key 'token' or 'token_file' is missing");
    }
    reader.finish();
    return token;
}

void read_tokens(Reader& reader, std::vector<ApiToken>& target) {
    Names names;
    auto tokens = reader.maps("tokens");
    for (Reader& token : tokens.value_or(std::vector<Reader>{})) {
        target.push_back(read_token(token, names));
    }
}

void read_retention(Reader reader, Retention& target) {
    read_duration(reader, "builds", target.builds);
    read_duration(reader, "logs", target.logs);
    read_duration(reader, "deliveries", target.deliveries);
    reader.finish();
}

/// What a caller without a token may do.
enum class Anonymous : std::uint8_t { none, badges, read };

void read_anonymous(Reader& reader, Config& config) {
    constexpr std::array choices = {
        std::pair<std::string_view, Anonymous>("none", Anonymous::none),
        std::pair<std::string_view, Anonymous>("badges", Anonymous::badges),
        std::pair<std::string_view, Anonymous>("read", Anonymous::read)
    };
    Anonymous anonymous = config.anonymous_read ? Anonymous::read : Anonymous::none;
    read_choice(reader, "anonymous", anonymous, choices);
    config.anonymous_read = anonymous == Anonymous::read;
    config.anonymous_badges = anonymous == Anonymous::badges;
}

/// As a browser's `Origin` says it: scheme, host and port alone.
bool is_origin(std::string_view text) {
    const std::size_t scheme = text.starts_with("https://")  ? 8
                               : text.starts_with("http://") ? 7
                                                             : text.size();
    const std::string_view host = text.substr(scheme);
    return !host.empty() && host.find_first_of("/?#@ *") == std::string_view::npos;
}

void read_cors_origins(Reader& reader, std::vector<std::string>& target) {
    for (const Text& text : reader.texts("cors_origins").value_or(std::vector<Text>{})) {
        if (is_origin(text.value)) {
            target.push_back(text.value);
        } else {
            reader.error(
                text, "'" + text.value + "' is no origin; write https://dashboards.example.com"
            );
        }
    }
}

void read_limits(Reader reader, Limits& target) {
    read_number<std::size_t>(reader, "body", target.body_bytes, 1);
    read_number(reader, "builds", target.builds, 1);
    read_duration(reader, "step_timeout", target.step_timeout);
    read_duration(reader, "max_silent", target.max_silent);
    read_rate(reader, "requests", target.requests_per_second);
    read_rate(reader, "webhooks", target.webhooks_per_second);
    reader.finish();
}

void read_log(Reader reader, Log& target) {
    constexpr std::array<std::pair<std::string_view, LogFormat>, 2> formats = {
        {{"text", LogFormat::text}, {"json", LogFormat::json}}
    };
    constexpr std::array<std::pair<std::string_view, LogLevel>, 4> levels = {
        {{"debug", LogLevel::debug},
         {"info", LogLevel::info},
         {"warning", LogLevel::warning},
         {"error", LogLevel::error}}
    };
    read_choice(reader, "format", target.format, formats);
    read_choice(reader, "level", target.level, levels);
    reader.finish();
}

void read_repositories(Reader& reader, std::vector<Repository>& target) {
    Names names;
    Names projects;
    auto repositories = reader.maps("repositories");
    for (Reader& repository : repositories.value_or(std::vector<Reader>{})) {
        target.push_back(read_repository(repository, names, projects));
    }
}

}  // namespace

void read_settings(Reader& reader, Config& config) {
    read_listen(reader, config.listen);
    read_public_url(reader, config.public_url);
    read_path(reader, "data", config.data);
    read_store(reader, config);
    read_store_password(reader, config);
    read_text(reader, "replica", config.replica);
    read_engines(reader, config.engines);
    read_docker_config(reader, config.docker_config);
    read_registries(reader, config.registries);
    read_tokens(reader, config.tokens);
    read_anonymous(reader, config);
    read_cors_origins(reader, config.cors_origins);
    read_duration(reader, "reconcile_interval", config.reconcile_interval);
    read_retention(reader.map("retention"), config.retention);
    read_limits(reader.map("limits"), config.limits);
    read_log(reader.map("log"), config.log);
    read_repositories(reader, config.repositories);
    read_notifications(reader, config.repositories, config.notifications);
    reader.finish();
}

}  // namespace slipway::config
