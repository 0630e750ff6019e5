#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/client/http_exchange.hpp"
#include "server/registry/address.hpp"
#include "server/registry/answer_error.hpp"
#include "server/registry/challenge.hpp"
#include "server/registry/manifest.hpp"
#include "server/registry/token.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::fuzz {
namespace {

using registry::Challenge;

constexpr std::size_t longest_message = 300;

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string print(const std::vector<Challenge>& challenges) {
    std::string field;
    for (const Challenge& challenge : challenges) {
        field += (field.empty() ? "" : ", ") + challenge.scheme;
        std::string separator = " ";
        for (const auto& [name, value] : challenge.parameters) {
            field += separator + name + "=\"";
            for (const char c : value) {
                field += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
            }
            field += '"';
            separator = ", ";
        }
    }
    return field;
}

/// A password for a registry behind TLS never leaves in the clear.
void check_realm(const Challenge& challenge) {
    static const auto home = registry::parse_web_url("https://registry.example.com/v2/").value();
    const Credentials credentials{
        .username = "robot", .password = "s3cret", .identity_token = {}, .registry_token = {}
    };
    const auto realm = registry::parse_realm(home, challenge.parameter("realm"));
    if (!realm) {
        return;
    }
    const std::string host = registry::host_of(*realm);
    const bool loopback = host == "localhost" || host.starts_with("127.") || host == "::1";
    require(registry::is_tls(*realm) || loopback, "a realm is behind TLS");
    const auto key = registry::make_token_key(challenge, "repository:x:pull,push", credentials);
    const auto request = registry::make_token_request(*realm, key, credentials);
    require(is_plain(request.url.buffer()), "a request has an address that can be sent");
    require(registry::same_origin(request.url, *realm), "a token is asked for where it should be");
}

void check_challenges(std::string_view field) {
    const std::vector<Challenge> challenges = registry::parse_challenges(field);
    for (const Challenge& challenge : challenges) {
        require(!challenge.scheme.empty() && is_plain(challenge.scheme), "a scheme is a word");
        check_realm(challenge);
    }
    require(registry::parse_challenges(print(challenges)) == challenges, "printed, and read again");
    const auto chosen = registry::choose_challenge(challenges);
    require(
        !chosen || chosen->scheme == "bearer" || chosen->scheme == "basic", "one we can answer"
    );
}

void check_redirect(std::string_view location) {
    static const auto home = registry::parse_web_url("https://registry.example.com/v2/").value();
    if (const auto target = registry::resolve_redirect(home, location)) {
        require(is_plain(target->buffer()), "a redirect leads to what can be sent");
        require(!target->has_userinfo(), "and brings no credentials");
    }
}

void check_token(std::string_view body) {
    const auto token = registry::parse_token(body);
    if (!token) {
        require(token.error().message.size() <= longest_message, "an error does not quote it");
        return;
    }
    require(!token->value.empty() && token->lifetime.count() >= 0, "a token has a life");
    const auto header = registry::bearer_authorization(token->value);
    require(!header || is_plain(*header), "a token can't end its header");
}

void check_error(std::string_view body) {
    for (const unsigned status : {200U, 401U, 404U, 429U, 503U}) {
        registry::HttpAnswer answer;
        answer.result(status);
        answer.body() = body;
        const Error error = registry::to_error(answer);
        require(is_plain(error.message), "an error can be shown");
        require(error.message.size() <= longest_message, "an error does not quote the answer");
    }
}

void check_manifest(std::string_view body) {
    static_cast<void>(registry::is_manifest_of(body, "sha256:0"));
}

}  // namespace

/// The same bytes as each part of an answer that is read.
void check(std::string_view input) {
    check_challenges(input);
    check_redirect(input);
    check_token(input);
    check_error(input);
    check_manifest(input);
}

}  // namespace slipway::fuzz
