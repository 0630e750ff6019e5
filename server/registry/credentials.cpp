#include "server/registry/credentials.hpp"

#include "core/base/result.hpp"
#include "core/wire/base64.hpp"
#include "server/base/credentials.hpp"

#include <filesystem>
#include <fstream>
#include <ios>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

namespace slipway::registry {
namespace {

using Json = nlohmann::ordered_json;  // "the first entry" is the first of the file

constexpr std::string_view hub_key = "https://index.docker.io/v1/";

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

std::string helper_for(const Json& config, const std::string& key) {
    const Json* const helpers = member(config, "credHelpers");
    if (helpers != nullptr && !text(*helpers, key.c_str()).empty()) {
        return text(*helpers, key.c_str());
    }
    return text(config, "credsStore");
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

Result<Credentials> find_in(const Json& config, std::string_view registry) {
    const std::string key = key_of(registry);
    const std::string helper = helper_for(config, key);
    if (!helper.empty()) {
        return fail(
            ErrorCode::invalid,
            "credentials of '" + key + "' are kept by the helper 'docker-credential-" + helper +
                "', and helpers are not supported yet: put them under 'auths'"
        );
    }
    const Json* const entry = entry_for(config, key);
    return entry != nullptr ? read_entry(*entry, key) : Credentials();
}

}  // namespace

Result<Credentials> find_credentials(
    const std::filesystem::path& config_folder, std::string_view registry
) {
    const std::filesystem::path path = config_folder / "config.json";
    std::error_code error;
    if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) {
        return Credentials();
    }
    const std::string doing = "reading credentials from '" + path.string() + "'";
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf())) {  // also fails where nothing is read: an empty file
        return fail(ErrorCode::invalid, doing + ": the file can't be read");
    }
    const Json config = Json::parse(content.str(), nullptr, false);
    if (!config.is_object()) {
        return fail(ErrorCode::invalid, doing + ": not a JSON object");
    }
    auto found = find_in(config, registry);
    if (!found) {
        return fail_within(doing, found.error());
    }
    return found;
}

}  // namespace slipway::registry
