#include "server/config/config.hpp"
#include "server/config/durations.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

namespace slipway::config {
namespace {

template <class Value>
void put(YAML::Emitter& out, const char* key, const Value& value) {
    out << YAML::Key << key << YAML::Value << value;
}

void put_duration(YAML::Emitter& out, const char* key, std::chrono::seconds value) {
    put(out, key, to_string(value));
}

/// Where 0 means `never`.
void put_interval(YAML::Emitter& out, const char* key, std::chrono::seconds value) {
    put(out, key, value.count() == 0 ? "never" : to_string(value));
}

void put_secret(YAML::Emitter& out, const char* key, const Secret& secret) {
    if (!secret.empty()) {
        put(out, key, "<redacted>");
    }
}

void put_path(YAML::Emitter& out, const char* key, const std::filesystem::path& path) {
    if (!path.empty()) {
        put(out, key, path.string());
    }
}

void put_given(YAML::Emitter& out, const char* key, const std::string& text) {
    if (!text.empty()) {
        put(out, key, text);
    }
}

void put_size(YAML::Emitter& out, const char* key, std::uint64_t bytes) {
    if (bytes > 0) {
        put(out, key, bytes);
    }
}

void put_texts(YAML::Emitter& out, const char* key, const std::vector<std::string>& texts) {
    out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const std::string& text : texts) {
        out << text;
    }
    out << YAML::EndSeq;
}

void put_members(YAML::Emitter& out, const Engine& engine) {
    put(out, "name", engine.name);
    put(out, "address", engine.address);
    put_path(out, "certificates", engine.certificates);
    put(out, "builds", engine.builds);
    put(out, "weight", engine.weight);
    put_texts(out, "labels", engine.labels);
    put(out, "drain", engine.drain);
    if (engine.builder != Builder::automatic) {
        put(out, "builder", engine.builder == Builder::classic ? "classic" : "buildkit");
    }
    put_given(out, "network", engine.network);
    put_size(out, "memory", engine.memory_bytes);
    if (engine.cpu_millis > 0) {
        put(out, "cpus", engine.cpu_millis / 1000.0);
    }
    put_size(out, "shm_size", engine.shm_bytes);
    out << YAML::Key << "prune" << YAML::Value << YAML::BeginMap;
    put_interval(out, "after", engine.prune.after);
    put_size(out, "disk", engine.prune.disk_bytes);
    out << YAML::EndMap;
}

void put_members(YAML::Emitter& out, const Registry& registry) {
    put(out, "host", registry.host);
    put_given(out, "username", registry.username);
    put_secret(out, "password", registry.password);
    put_path(out, "ca_file", registry.ca_file);
    put(out, "plain_http", registry.plain_http);
}

void put_members(YAML::Emitter& out, const ApiToken& token) {
    put(out, "name", token.name);
    put(out, "role", token.role == Role::write ? "write" : "read");
    put_secret(out, "token", token.token);
}

void put_members(YAML::Emitter& out, const WebhookSecret& secret) {
    put_secret(out, "signing_key", secret.signing_key);
    put_secret(out, "token", secret.token);
}

void put_members(YAML::Emitter& out, const BuildSecret& secret) {
    put(out, "id", secret.id);
    put_secret(out, "value", secret.value);
}

void put_members(YAML::Emitter& out, const SshAgent& agent) {
    put(out, "id", agent.id);
    put_path(out, "agent", agent.socket);
}

void put_members(YAML::Emitter& out, const BranchRule& rule) {
    put(out, "match", rule.match);
    put(out, "push", rule.push);
    put_texts(out, "tags", rule.tags);
    put(out, "cancel_superseded", rule.cancel_superseded);
    put(out, "attest", rule.attest);
}

void put_members(YAML::Emitter& out, const Notification& notification) {
    put(out, "url", notification.url);
    put_secret(out, "signing_key", notification.signing_key);
    put_texts(out, "events", notification.events);
    put_texts(out, "repositories", notification.repositories);
}

void put_members(YAML::Emitter& out, const Variable& variable) {
    put(out, "name", variable.name);
    put_secret(out, "value", variable.value);
}

void put_members(YAML::Emitter& out, const Attestation& attestation);
void put_members(YAML::Emitter& out, const Repository& repository);

template <class Value>
void put_list(YAML::Emitter& out, const char* key, const std::vector<Value>& values) {
    out << YAML::Key << key << YAML::Value << YAML::BeginSeq;
    for (const Value& value : values) {
        out << YAML::BeginMap;
        put_members(out, value);
        out << YAML::EndMap;
    }
    out << YAML::EndSeq;
}

void put_gitlab(YAML::Emitter& out, const GitLab& gitlab) {
    out << YAML::Key << "gitlab" << YAML::Value << YAML::BeginMap;
    put_given(out, "url", gitlab.url);
    put_secret(out, "token", gitlab.token);
    put(out, "statuses", gitlab.statuses);
    put(out, "merge_requests", gitlab.merge_requests);
    out << YAML::EndMap;
}

void put_credentials(YAML::Emitter& out, const CloneCredentials& credentials) {
    out << YAML::Key << "credentials" << YAML::Value << YAML::BeginMap;
    put_secret(out, "token", credentials.token);
    put_path(out, "ssh_key_file", credentials.ssh_key_file);
    put_path(out, "known_hosts_file", credentials.known_hosts_file);
    out << YAML::EndMap;
}

void put_members(YAML::Emitter& out, const Attestation& attestation) {
    put(out, "name", attestation.name);
    put_texts(out, "command", attestation.command);
    put_list(out, "env", attestation.env);
    put_duration(out, "timeout", attestation.timeout);
}

void put_members(YAML::Emitter& out, const Repository& repository) {
    put(out, "name", repository.name);
    put(out, "project", repository.project);
    put(out, "url", repository.url);
    put_credentials(out, repository.credentials);
    put_list(out, "webhook", repository.webhook);
    put(out, "registry", repository.registry);
    put_texts(out, "allowed_registries", repository.allowed_registries);
    put_texts(
        out, "roots", repository.roots.empty() ? std::vector<std::string>{"/"} : repository.roots
    );
    put_list(out, "branches", repository.branches);
    put(out, "adopt", repository.adopt_build ? "build" : "assume");
    put(out, "overwrite", repository.overwrite_refuse ? "refuse" : "allow");
    put_interval(out, "follow_bases", repository.follow_bases);
    put_texts(out, "engine_labels", repository.engine_labels);
    put_list(out, "secrets", repository.secrets);
    put_list(out, "ssh", repository.ssh);
    put_texts(out, "cache_from", repository.cache_from);
    put_list(out, "attest", repository.attest);
    put_gitlab(out, repository.gitlab);
}

void put_retention(YAML::Emitter& out, const Retention& retention) {
    out << YAML::Key << "retention" << YAML::Value << YAML::BeginMap;
    put_duration(out, "builds", retention.builds);
    put_duration(out, "logs", retention.logs);
    put_duration(out, "deliveries", retention.deliveries);
    out << YAML::EndMap;
}

void put_anonymous(YAML::Emitter& out, const Config& config) {
    const char* const without_read = config.anonymous_badges ? "badges" : "none";
    put(out, "anonymous", config.anonymous_read ? "read" : without_read);
}

/// Where 0 means `none`.
void put_rate(YAML::Emitter& out, const char* key, int per_second) {
    put(out, key, per_second == 0 ? "none" : std::to_string(per_second) + "/s");
}

void put_limits(YAML::Emitter& out, const Limits& limits) {
    out << YAML::Key << "limits" << YAML::Value << YAML::BeginMap;
    put(out, "body", limits.body_bytes);
    put(out, "builds", limits.builds);
    put_duration(out, "step_timeout", limits.step_timeout);
    put_duration(out, "max_silent", limits.max_silent);
    put_rate(out, "requests", limits.requests_per_second);
    put_rate(out, "webhooks", limits.webhooks_per_second);
    out << YAML::EndMap;
}

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            break;
    }
    return "error";
}

void put_log(YAML::Emitter& out, const Log& log) {
    out << YAML::Key << "log" << YAML::Value << YAML::BeginMap;
    put(out, "format", log.format == LogFormat::json ? "json" : "text");
    put(out, "level", std::string(name_of(log.level)));
    out << YAML::EndMap;
}

}  // namespace

std::string to_yaml(const Config& config) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    put(out, "listen", config.listen);
    put_given(out, "public_url", config.public_url);
    put(out, "data", config.data.string());
    put(out, "store", config.store);
    put_secret(out, "store_password", config.store_password);
    put_given(out, "replica", config.replica);
    put_list(out, "engines", config.engines);
    put_path(out, "docker_config", config.docker_config);
    put_list(out, "registries", config.registries);
    put_list(out, "tokens", config.tokens);
    put_anonymous(out, config);
    put_texts(out, "cors_origins", config.cors_origins);
    put_duration(out, "reconcile_interval", config.reconcile_interval);
    put_retention(out, config.retention);
    put_limits(out, config.limits);
    put_log(out, config.log);
    put_list(out, "repositories", config.repositories);
    put_list(out, "notifications", config.notifications);
    out << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

}  // namespace slipway::config
