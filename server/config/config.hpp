#pragma once

#include "core/base/source_error.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {

/// A value that is never shown: it has no operator<< and no conversion; reveal() says at the call
/// what happens.
class Secret {
public:
    Secret() = default;

    explicit Secret(std::string value) : value_(std::move(value)) {}

    [[nodiscard]] const std::string& reveal() const { return value_; }

    [[nodiscard]] bool empty() const { return value_.empty(); }

    bool operator==(const Secret&) const = default;

private:
    std::string value_;
};

/// Which of an engine's builders is used.
enum class Builder : std::uint8_t { automatic, buildkit, classic };

/// What is removed from an engine: images that slipway built there, and the build cache. Others'
/// images are never touched.
struct Prune {
    std::chrono::seconds after = std::chrono::days(7);  ///< unused so long; 0 (`never`): kept
    std::uint64_t disk_bytes = 0;  ///< `disk: 100GiB`, that the engine's data may use before more
                                   ///< is removed; 0: any

    bool operator==(const Prune&) const = default;
};

struct Engine {
    std::string name;
    std::string address;                   ///< unix:///path or tcp://host:port
    std::filesystem::path certificates{};  ///< of a TCP engine: the folder of ca.pem, cert.pem,
                                           ///< key.pem; empty: none, on loopback only
    int builds = 2;                        ///< at the same time, from 1
    int weight = 1;                        ///< of 2: twice the steps of an engine of 1
    std::vector<std::string> labels{};     ///< what a repository's `engine_labels` ask for
    bool drain = false;                    ///< gets nothing new; what it has is finished
    Builder builder =
        Builder::automatic;          ///< `buildkit` or `classic`; missing: the engine's own choice
    std::string network{};           ///< of RUN: `host`, `none`; empty: the engine's default
    std::uint64_t memory_bytes = 0;  ///< `memory: 2GiB`, of a RUN; 0: none. Classic builder only
    int cpu_millis = 0;              ///< `cpus: 1.5`; 0: all. Classic builder only
    std::uint64_t shm_bytes = 0;     ///< `shm_size: 256MiB`, of /dev/shm; 0: the engine's default
    Prune prune{};

    bool operator==(const Engine&) const = default;
};

/// What slipway must know of a registry beside its name; most need no entry.
struct Registry {
    std::string host;  ///< as in references, with the port: `registry.example.com:5000`
    std::string username;
    Secret password;                  ///< with the username: before those of `docker_config`
    std::filesystem::path ca_file{};  ///< PEM, trusted beside the system's authorities
    bool plain_http = false;          ///< without TLS; on loopback that needs no saying

    bool operator==(const Registry&) const = default;
};

enum class Role : std::uint8_t { read, write };

struct ApiToken {
    std::string name;
    Role role = Role::read;
    Secret token;

    bool operator==(const ApiToken&) const = default;
};

/// One of the two ways a webhook proves itself; exactly one is set.
struct WebhookSecret {
    Secret signing_key;  ///< `whsec_…`, the raw token
    Secret token;        ///< compared with X-Gitlab-Token

    bool operator==(const WebhookSecret&) const = default;
};

struct CloneCredentials {
    Secret token;  ///< https: the password; the user is `oauth2`
    std::filesystem::path ssh_key_file;
    std::filesystem::path
        known_hosts_file;  ///< required with an ssh key: an unknown host is refused

    bool operator==(const CloneCredentials&) const = default;
};

/// For `RUN --mount=type=secret,id=…`.
struct BuildSecret {
    std::string id;
    Secret value;  ///< at most 500 KB, as BuildKit takes them

    bool operator==(const BuildSecret&) const = default;
};

/// For `RUN --mount=type=ssh,id=…`.
struct SshAgent {
    std::string id = "default";
    std::filesystem::path socket;

    bool operator==(const SshAgent&) const = default;
};

/// What may be said of a pushed image.
inline constexpr std::array<std::string_view, 3> all_attestations = {
    "sbom", "provenance", "signature"
};

/// What slipway fills into a command's arguments: the image as `name@digest`, its commit, its
/// folder, and files with SLSA's predicate and in-toto's whole statement.
inline constexpr std::array<std::string_view, 5> attest_places = {
    "{image}", "{commit}", "{folder}", "{provenance}", "{statement}"
};

struct Variable {
    std::string name;
    Secret value;

    bool operator==(const Variable&) const = default;
};

/// A program that says something of each image once it is pushed; the push is done when it ended
/// with 0.
struct Attestation {
    std::string name;                  ///< of all_attestations
    std::vector<std::string> command;  ///< a program and its arguments, with attest_places
    std::vector<Variable> env{};       ///< beside slipway's own environment
    std::chrono::seconds timeout = std::chrono::minutes(5);

    bool operator==(const Attestation&) const = default;
};

struct BranchRule {
    std::string match = "*";  ///< a branch's short name; `*` stands for any run of characters
    bool push = false;
    std::vector<std::string> tags = {"{version}"
    };  ///< `{version}`, `{sha}` (8 digits), `{branch}` (made a valid tag)
    bool cancel_superseded = false;  ///< a newer push stops what runs of an older one
    bool attest = true;              ///< what the repository's `attest` says holds here

    bool operator==(const BranchRule&) const = default;
};

/// What GitLab is told, and asked. Nothing without a token.
struct GitLab {
    std::string url;       ///< `https://gitlab.example.com`, without a `/` at its end; empty in the
                           ///< file: that of the clone url
    Secret token{};        ///< of a project, a group or a person, with scope `api`
    bool statuses = true;  ///< of commits: one of all, and one an image
    bool merge_requests = true;  ///< get a comment of what merging them would build

    bool operator==(const GitLab&) const = default;
};

/// What others may be notified of.
inline constexpr std::array<std::string_view, 2> all_events = {"image.pushed", "build.finished"};

/// Who is notified, by a signed webhook. https://www.standardwebhooks.com
struct Notification {
    std::string url;
    Secret signing_key{};                     ///< `whsec_…`
    std::vector<std::string> events{};        ///< of all_events; empty: all
    std::vector<std::string> repositories{};  ///< configured names; empty: all

    bool operator==(const Notification&) const = default;
};

struct Repository {
    std::string name;
    std::string project;  ///< GitLab path or numeric id
    std::string url;  ///< https://, http://, ssh://, git@host:path, file:// or an absolute path;
                      ///< without credentials in it
    CloneCredentials credentials;
    std::vector<WebhookSecret> webhook;
    std::string registry;
    std::vector<std::string> allowed_registries;  ///< empty in the file: the registry above
    std::vector<std::string> roots;  ///< without `/` at either end; empty: the whole repository
    std::vector<BranchRule> branches = {{.match = "*", .push = true, .tags = {"{version}"}}
    };                                         ///< the first that matches counts; none: ignored
    bool adopt_build = false;                  ///< `adopt: build`
    bool overwrite_refuse = false;             ///< `overwrite: refuse`
    std::chrono::seconds follow_bases{0};      ///< how often its external bases are looked for
                                               ///< anew; 0 (`never`): not at all
    std::vector<std::string> engine_labels{};  ///< only engines with all of these build it
    std::vector<BuildSecret> secrets{};        ///< of every image's build, by BuildKit
    std::vector<SshAgent> ssh{};
    std::vector<std::string> cache_from{};  ///< images whose layers may be reused
    std::vector<Attestation> attest{};      ///< in this order
    GitLab gitlab{};

    bool operator==(const Repository&) const = default;
};

struct Limits {
    std::size_t body_bytes = 26214400;
    int builds = 4;  ///< steps at the same time, over all engines
    std::chrono::seconds step_timeout = std::chrono::hours(1);
    std::chrono::seconds max_silent = std::chrono::minutes(15);
    int requests_per_second = 200;   ///< `requests: 200/s`, of one client; ten seconds' worth at
                                     ///< once; 0 (`none`): any
    int webhooks_per_second = 5000;  ///< `webhooks: 5000/s`, of one address; the same

    bool operator==(const Limits&) const = default;
};

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// What is written to standard error.
struct Log {
    LogFormat format = LogFormat::text;
    LogLevel level = LogLevel::info;  ///< the lowest that is written

    bool operator==(const Log&) const = default;
};

struct Retention {
    std::chrono::hours builds = std::chrono::days(90);
    std::chrono::hours logs = std::chrono::days(30);
    std::chrono::hours deliveries = std::chrono::days(30);

    bool operator==(const Retention&) const = default;
};

/// The daemon's whole configuration. The defaults are those of `slipway serve`
/// without a file.
struct Config {
    std::string listen = "127.0.0.1:8080";
    std::string public_url{};  ///< where people reach it, without a `/` at its end; empty: what is
                               ///< told to others has no links
    std::filesystem::path data = "/var/lib/slipway";
    std::string store;        ///< empty in the file: sqlite:<data>/slipway.db; or postgresql://…,
                              ///< without a password in it
    Secret store_password{};  ///< of a PostgreSQL store
    std::string replica{};    ///< this process among those on one store; empty: the host's name
    std::vector<Engine>
        engines;  ///< empty in the file: DOCKER_HOST, else unix:///var/run/docker.sock
    std::filesystem::path docker_config;  ///< empty in the file: $DOCKER_CONFIG, else ~/.docker;
                                          ///< empty: neither is there
    std::vector<Registry> registries{};
    std::vector<ApiToken> tokens;
    bool anonymous_read = false;              ///< `anonymous: read`
    bool anonymous_badges = false;            ///< `anonymous: badges`: those alone
    std::vector<std::string> cors_origins{};  ///< whose pages may call the API: `https://host`
    std::chrono::seconds reconcile_interval = std::chrono::minutes(5);
    Retention retention;
    Limits limits;
    Log log{};
    std::vector<Repository> repositories;
    std::vector<Notification> notifications{};

    bool operator==(const Config&) const = default;
};

/// Looks a variable of the environment up; a seam, so that tests need not change the real one.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

struct ParsedConfig {
    Config config;
    std::vector<SourceError>
        errors;  ///< of the file; a variable's errors have its name as the path
};

/// Reads the text of a configuration, the variables over it, and every `…_file`. `folder` is what
/// relative paths in it are relative to. All errors are found, not only the first: unknown keys
/// with the nearest known one, wrong types, duplicate names, missing secrets files, durations
/// (`90d`, `12h`, `5m`, `30s`), a registry outside the allowed ones, an https url with credentials.
[[nodiscard]] ParsedConfig parse_config(
    std::string_view text,
    std::string_view path,
    const std::filesystem::path& folder,
    const Environment& environment
);

/// The configuration of `slipway serve` without a file: serves the Git repository at
/// `repository_folder` (name: the folder's name, project: the path of its `origin` or the folder's
/// name), data under $XDG_STATE_HOME/slipway or ~/.local/state/slipway, loopback only. Variables
/// count here too, so SLIPWAY_WEBHOOK_TOKEN(_FILE) and SLIPWAY_SIGNING_KEY(_FILE) set the webhook's
/// secrets, SLIPWAY_TOKEN(_FILE) a write token; without a token the API is open for reading and a
/// rebuild needs none from loopback.
[[nodiscard]] ParsedConfig default_config(
    const std::filesystem::path& repository_folder, const Environment& environment
);

/// The configuration as YAML in the form that it is read in, every key written out, every secret as
/// `<redacted>`: what `--check` prints.
[[nodiscard]] std::string to_yaml(const Config& config);

/// The rule of a branch (`main`, not `refs/heads/main`): the first that matches; null where none
/// does.
[[nodiscard]] const BranchRule* find_rule(const Repository& repository, std::string_view branch);

}  // namespace slipway::config
