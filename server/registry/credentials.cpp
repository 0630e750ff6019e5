#include "server/registry/credentials.hpp"

#include "core/base/result.hpp"
#include "core/wire/base64.hpp"
#include "server/base/clock.hpp"
#include "server/base/credentials.hpp"
#include "server/registry/run_helper.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::registry {
namespace {

using Json = nlohmann::ordered_json;  // "the first entry" is the first of the file

constexpr std::string_view hub_key = "https://index.docker.io/v1/";
constexpr std::chrono::seconds kept_time{290};

std::string key_of(std::string_view registry) {
    const bool hub = registry == "docker.io" || registry == "index.docker.io";
    return std::string(hub ? hub_key : registry);
}

std::string_view host_of(std::string_view key) {
    if (const auto scheme = key.find("://"); scheme != std::string_view::npos) {
        key.remove_prefix(scheme + 3);
    }
    return key.substr(0, key.find('/'));
}

std::string text(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json* member(const Json& object, std::string_view name) {
    const auto found = object.find(std::string(name));
    return found != object.end() && found->is_object() ? &*found : nullptr;
}

/// The suffix of the helper that keeps them, as the file says it; empty: the file itself does. An
/// entry of the registry counts even if it is empty.
std::string helper_for(const Json& config, const std::string& key) {
    const Json* const helpers = member(config, "credHelpers");
    return helpers != nullptr && helpers->contains(key) ? text(*helpers, key.c_str())
                                                        : text(config, "credsStore");
}

const Json* entry_for(const Json& config, const std::string& key) {
    const Json* const auths = member(config, "auths");
    if (auths == nullptr) {
        return nullptr;
    }
    if (const Json* const exact = member(*auths, key)) {
        return exact;
    }
    for (const auto& [name, entry] : auths->items()) {
        if (entry.is_object() && host_of(name) == host_of(key)) {
            return &entry;
        }
    }
    return nullptr;
}

// `auth` is base64 of `user:password`, where the password may hold colons, and perhaps NULs at its
// end.
bool decode_auth(const std::string& auth, Credentials& out) {
    const std::string decoded = wire::base64_decode(auth).value_or(std::string());
    const auto colon = decoded.find(':');
    if (colon == std::string::npos || colon == 0) {
        return false;
    }
    out.username = decoded.substr(0, colon);
    out.password = decoded.substr(colon + 1);
    out.password.erase(out.password.find_last_not_of('\0') + 1);
    return true;
}

Result<Credentials> read_entry(const Json& entry, const std::string& key) {
    Credentials credentials{
        .username = text(entry, "username"),
        .password = text(entry, "password"),
        .identity_token = text(entry, "identitytoken"),
        .registry_token = text(entry, "registrytoken"),
        .server_address = key,
    };
    const std::string auth = text(entry, "auth");
    if (!auth.empty() && !decode_auth(auth, credentials)) {
        return fail(
            ErrorCode::invalid, "the 'auth' of '" + key + "' is not base64 of 'user:password'"
        );
    }
    return credentials.empty() ? Credentials() : credentials;
}

Result<Json> read_config(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) {
        return Json::object();
    }
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf())) {  // also fails where nothing is read: an empty file
        return fail(ErrorCode::invalid, "the file can't be read");
    }
    Json config = Json::parse(content.str(), nullptr, false);
    if (!config.is_object()) {
        return fail(ErrorCode::invalid, "not a JSON object");
    }
    return config;
}

Result<void> check_suffix(const std::string& suffix) {
    constexpr const char* allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (suffix.find_first_not_of(allowed) != std::string::npos) {
        return fail(
            ErrorCode::invalid,
            "the name of a credential helper may hold letters, digits, '.', '_' and '-' only"
        );
    }
    return {};
}

std::string_view trim(std::string_view words) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = words.find_first_not_of(space);
    if (begin == std::string_view::npos) {
        return {};
    }
    return words.substr(begin, words.find_last_not_of(space) - begin + 1);
}

/// `: ` and the first line of the notes, if that can be shown.
std::string shown(std::string_view notes) {
    constexpr std::size_t longest = 200;
    const std::string_view line = trim(notes.substr(0, notes.find('\n')));
    const bool printable = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
    const bool some = !line.empty() && line.size() < longest && printable;
    return some ? ": " + std::string(line) : std::string();
}

Result<Credentials> read_answer(const std::string& answer, const std::string& key) {
    const Json json = Json::parse(answer, nullptr, false);
    const std::string username = json.is_object() ? text(json, "Username") : std::string();
    const std::string secret = json.is_object() ? text(json, "Secret") : std::string();
    if (!json.is_object() || !json.contains("Secret") || username.empty() != secret.empty()) {
        return fail(ErrorCode::failed, "the answer is not JSON with a Username and a Secret");
    }
    if (username.empty()) {
        return Credentials();
    }
    if (username == "<token>") {
        return Credentials{.identity_token = secret, .server_address = key};
    }
    return Credentials{.username = username, .password = secret, .server_address = key};
}

// A helper reports its errors on standard output, which is not shown: it may hold secrets.
Result<Credentials> read_output(const HelperOutput& output, const std::string& key) {
    if (output.exit_code == 0) {
        return read_answer(output.answer, key);
    }
    if (output.exit_code == 1 &&
        trim(output.answer) == "credentials not found in native keychain") {
        return Credentials();
    }
    return fail(
        ErrorCode::unavailable,
        "it failed with exit code " + std::to_string(output.exit_code) + shown(output.notes)
    );
}

Result<Credentials> ask_helper(
    const std::string& helper, const std::string& key, std::chrono::milliseconds time
) {
    const auto output = run_helper(helper, key, time);
    auto found = output ? read_output(*output, key) : std::unexpected(output.error());
    if (!found) {
        return fail_within("asking '" + helper + "' for '" + key + "'", found.error());
    }
    return found;
}

}  // namespace

CredentialSource::CredentialSource(
    std::filesystem::path config_folder,
    const Clock& clock,
    std::map<std::string, Credentials, std::less<>> configured,
    std::chrono::milliseconds helper_time
)
    : config_folder_(std::move(config_folder)),
      clock_(clock),
      configured_(std::move(configured)),
      helper_time_(helper_time) {}

Result<Credentials> CredentialSource::find(std::string_view registry) {
    if (const auto own = configured_.find(registry); own != configured_.end()) {
        return own->second;
    }
    if (config_folder_.empty()) {
        return Credentials();
    }
    const std::filesystem::path path = config_folder_ / "config.json";
    const std::string doing = "reading credentials from '" + path.string() + "'";
    const auto config = read_config(path);
    if (!config) {
        return fail_within(doing, config.error());
    }
    const std::string key = key_of(registry);
    if (const std::string helper = helper_for(*config, key); !helper.empty()) {
        if (auto usable = check_suffix(helper); !usable) {
            return fail_within(doing, usable.error());
        }
        return ask("docker-credential-" + helper, key);
    }
    const Json* const entry = entry_for(*config, key);
    auto found = entry != nullptr ? read_entry(*entry, key) : Credentials();
    if (!found) {
        return fail_within(doing, found.error());
    }
    return found;
}

Result<Credentials> CredentialSource::ask(const std::string& helper, const std::string& key) {
    if (auto kept = find_kept(helper, key)) {
        return std::move(*kept);
    }
    const std::scoped_lock lock(asking_);
    if (auto kept = find_kept(helper, key)) {  // of the one that this waited for
        return std::move(*kept);
    }
    const auto asked = clock_.now();
    auto answer = ask_helper(helper, key, helper_time_);
    if (answer) {
        keep(key, {.helper = helper, .credentials = *answer, .asked = asked, .used_again = false});
    }
    return answer;
}

std::optional<Credentials> CredentialSource::find_kept(
    const std::string& helper, const std::string& key
) {
    const std::scoped_lock lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end() || found->second.helper != helper) {
        return std::nullopt;
    }
    const auto age = clock_.now() - found->second.asked;
    if (age < std::chrono::milliseconds(0) || age >= kept_time) {
        return std::nullopt;
    }
    found->second.used_again = true;
    return found->second.credentials;
}

void CredentialSource::keep(const std::string& key, Answer answer) {
    const std::scoped_lock lock(mutex_);
    kept_.insert_or_assign(key, std::move(answer));
}

bool CredentialSource::forget(std::string_view registry) {
    const std::scoped_lock lock(mutex_);
    const auto node = kept_.extract(key_of(registry));
    return !node.empty() && node.mapped().used_again;
}

}  // namespace slipway::registry
