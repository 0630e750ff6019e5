#include "server/registry/token.hpp"

#include "core/base/result.hpp"
#include "core/wire/base64.hpp"
#include "core/wire/json_fields.hpp"
#include "server/base/credentials.hpp"
#include "server/registry/address.hpp"
#include "server/registry/challenge.hpp"
#include "server/registry/digest.hpp"

#include <boost/beast/http/verb.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::registry {
namespace {

using Form = std::vector<std::pair<std::string, std::string>>;

constexpr std::chrono::seconds margin(10);
constexpr std::int64_t longest_life = 24L * 60 * 60;
constexpr std::size_t most_tokens = 1000;

std::string account_of(const Credentials& credentials) {
    if (credentials.empty()) {
        return {};
    }
    const std::string separator(1, '\0');
    return sha256_digest(
        credentials.username + separator + credentials.password + separator +
        credentials.identity_token
    );
}

Form fields_of(const TokenKey& key) {
    Form fields;
    if (!key.service.empty()) {
        fields.emplace_back("service", key.service);
    }
    fields.emplace_back("scope", key.scope);
    return fields;
}

HttpRequest make_refresh(urls::url realm, Form fields, const std::string& refresh_token) {
    fields.emplace_back("grant_type", "refresh_token");
    fields.emplace_back("client_id", "slipway");
    fields.emplace_back("refresh_token", refresh_token);
    return {
        .method = http::verb::post,
        .url = std::move(realm),
        .authorization = {},
        .accept = "application/json",
        .content_type = "application/x-www-form-urlencoded",
        .body = encode_form(fields),
    };
}

}  // namespace

TokenKey make_token_key(
    const Challenge& challenge, const std::string& scope, const Credentials& credentials
) {
    TokenKey key{
        .realm = challenge.parameter("realm"),
        .service = challenge.parameter("service"),
        .scope = challenge.parameter("scope"),
        .account = account_of(credentials),
    };
    if (key.scope.empty()) {
        key.scope = scope;
    } else if (scope.ends_with(":pull,push") && key.scope.ends_with(":pull")) {
        key.scope += ",push";
    }
    return key;
}

std::optional<std::string> TokenCache::find(const TokenKey& key, Time now) const {
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.end <= now) {
        return std::nullopt;
    }
    return found->second.value;
}

void TokenCache::keep(const TokenKey& key, const Token& token, Time now) {
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.end <= now; });
    if (entries_.size() >= most_tokens) {
        entries_.clear();
    }
    if (token.lifetime > margin) {
        entries_.insert_or_assign(
            key, Entry{.value = token.value, .end = now + token.lifetime - margin}
        );
    }
}

void TokenCache::forget(const TokenKey& key) {
    entries_.erase(key);
}

HttpRequest make_token_request(
    urls::url realm, const TokenKey& key, const Credentials& credentials
) {
    const Form fields = fields_of(key);
    if (!credentials.identity_token.empty()) {
        return make_refresh(std::move(realm), fields, credentials.identity_token);
    }
    const std::string query(realm.encoded_query());
    realm.set_encoded_query(query + (query.empty() ? "" : "&") + encode_form(fields));
    return {
        .method = http::verb::get,
        .url = std::move(realm),
        .authorization = credentials.username.empty() ? "" : basic_authorization(credentials),
        .accept = "application/json",
        .content_type = {},
        .body = {},
    };
}

Result<Token> parse_token(std::string_view body) {
    constexpr wire::JsonPath token_path{.parent = "", .name = "token"};
    constexpr wire::JsonPath access_path{.parent = "", .name = "access_token"};
    constexpr wire::JsonPath life_path{.parent = "", .name = "expires_in"};
    const auto fields = wire::JsonFields::read(body, {token_path, access_path, life_path});
    if (!fields) {
        return fail(ErrorCode::failed, "its answer is no JSON object");
    }
    Token token{.value = std::string(fields->text_or_empty(token_path))};
    if (token.value.empty()) {
        token.value = fields->text_or_empty(access_path);
    }
    if (token.value.empty()) {
        return fail(ErrorCode::failed, "there is no token in its answer");
    }
    if (const auto life = fields->integer(life_path)) {
        token.lifetime = std::chrono::seconds(std::clamp<std::int64_t>(*life, 0, longest_life));
    }
    return token;
}

std::string basic_authorization(const Credentials& credentials) {
    return "Basic " + wire::base64_encode(credentials.username + ":" + credentials.password);
}

Result<std::string> bearer_authorization(std::string_view token) {
    const bool fits = std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; });
    if (!fits) {
        return fail(ErrorCode::failed, "the token has characters that no token may have");
    }
    return "Bearer " + std::string(token);
}

}  // namespace slipway::registry
