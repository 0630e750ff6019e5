#include "server/config/address.hpp"
#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/settings.hpp"
#include "server/config/values.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <yaml-cpp/node/impl.h>  // IWYU pragma: keep, the members of Node
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/node/type.h>

namespace slipway::config {
namespace {

namespace fs = std::filesystem;

/// The folder that a person means: the repository above, where it is called from inside of one.
fs::path repository_at(const fs::path& folder) {
    fs::path start = fs::absolute(folder).lexically_normal();
    std::error_code ignored;
    for (fs::path at = start; at.has_relative_path(); at = at.parent_path()) {
        if (fs::exists(at / ".git", ignored) ||
            (fs::exists(at / "HEAD", ignored) && fs::exists(at / "objects", ignored))) {
            return at;
        }
    }
    return start;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// The `url` of `[remote "origin"]`: the one line that is wanted of git's configuration, in the
/// form that git writes it.
std::optional<std::string> origin_url(const fs::path& git_config) {
    std::ifstream file(git_config);
    bool is_origin = false;
    for (std::string line; std::getline(file, line);) {
        const std::string_view text = trimmed(line);
        if (text.starts_with('[')) {
            is_origin = text == "[remote \"origin\"]";
            continue;
        }
        const std::size_t equals = text.find('=');
        if (is_origin && equals != std::string_view::npos &&
            trimmed(text.substr(0, equals)) == "url") {
            return std::string(trimmed(text.substr(equals + 1)));
        }
    }
    return std::nullopt;
}

std::string name_of(const fs::path& folder) {
    std::string name = folder.filename().string();
    if (name.ends_with(".git")) {
        name.resize(name.size() - 4);
    }
    std::ranges::replace_if(
        name,
        [](unsigned char letter) {
            return std::isalnum(letter) == 0 && letter != '.' && letter != '_' && letter != '-';
        },
        '-'
    );
    const bool has_start =
        !name.empty() && std::isalnum(static_cast<unsigned char>(name.front())) != 0;
    return has_start ? name : "repository" + name;
}

std::string project_of(const fs::path& folder, const std::string& name) {
    for (const fs::path& file : {folder / ".git" / "config", folder / "config"}) {
        if (const auto url = origin_url(file)) {
            return project_of_url(*url).value_or(name);
        }
    }
    return name;
}

/// By the rules of the XDG base directories: a relative path is ignored.
std::optional<fs::path> state_folder(const Environment& environment) {
    if (const auto state = environment("XDG_STATE_HOME"); state && state->starts_with('/')) {
        return fs::path(*state) / "slipway";
    }
    if (const auto home = environment("HOME"); home && home->starts_with('/')) {
        return fs::path(*home) / ".local" / "state" / "slipway";
    }
    return std::nullopt;
}

void read_webhook(Reader& variables, Repository& repository) {
    WebhookSecret token;
    if (read_secret(variables, "webhook_token", token.token)) {
        repository.webhook.push_back(std::move(token));
    }
    WebhookSecret signing_key;
    if (read_signing_key(variables, signing_key.signing_key)) {
        repository.webhook.push_back(std::move(signing_key));
    }
}

void read_api_token(Reader& variables, Config& config) {
    ApiToken token = {.name = "environment", .role = Role::write, .token = {}};
    if (read_secret(variables, "token", token.token)) {
        config.tokens.push_back(std::move(token));
    }
}

}  // namespace

ParsedConfig default_config(const fs::path& repository_folder, const Environment& environment) {
    const fs::path folder = repository_at(repository_folder);
    Notes notes{.path = "environment", .folder = folder, .environment = environment, .errors = {}};
    ParsedConfig parsed;
    Config& config = parsed.config;
    Reader variables(notes, YAML::Node(YAML::NodeType::Null), "SLIPWAY_");
    read_api_token(variables, config);
    config.anonymous_read = config.tokens.empty();
    if (const auto state = state_folder(environment)) {
        config.data = *state;
    }
    read_settings(variables, config);
    Repository repository;
    repository.name = name_of(folder);
    repository.project = project_of(folder, repository.name);
    repository.url = folder.string();
    read_webhook(variables, repository);
    config.repositories.push_back(std::move(repository));
    std::ranges::sort(notes.errors);
    parsed.errors = std::move(notes.errors);
    return parsed;
}

}  // namespace slipway::config
