#pragma once

#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/client/http_exchange.hpp"
#include "server/registry/challenge.hpp"

#include <boost/url/url.hpp>

#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::registry {

namespace http = boost::beast::http;
namespace urls = boost::urls;
using client::HttpRequest;

/// What one token is good for.
struct TokenKey {
    std::string realm;
    std::string service;
    std::string scope;
    std::string account;  ///< stands for the credentials and tells nothing about them

    auto operator<=>(const TokenKey&) const = default;
};

/// `scope` is what to ask for where the challenge names none. One that it names for pulling is
/// widened to pushing where `scope` is: the first request of a push only pulls.
[[nodiscard]] TokenKey make_token_key(
    const Challenge& challenge, const std::string& scope, const Credentials& credentials
);

struct Token {
    std::string value;
    std::chrono::seconds lifetime{60};  ///< what the specification says where the answer does not
};

/// The tokens that are still good. Not thread-safe.
class TokenCache {
public:
    using Time = std::chrono::steady_clock::time_point;

    [[nodiscard]] std::optional<std::string> find(const TokenKey& key, Time now) const;

    /// Until ten seconds before its end: a request with it takes a while too. At most a day, and at
    /// most 1000 tokens.
    void keep(const TokenKey& key, const Token& token, Time now);

    void forget(const TokenKey& key);

private:
    struct Entry {
        std::string value;
        Time end;
    };

    std::map<TokenKey, Entry> entries_;
};

/// The request for a token (distribution.github.io/distribution/spec/auth): a refresh by POST where
/// there is an identity token, else a GET with user and password or, without them, anonymous.
[[nodiscard]] HttpRequest make_token_request(
    urls::url realm, const TokenKey& key, const Credentials& credentials
);

/// Errors: `failed`: no JSON with a token in it. The message never quotes it.
[[nodiscard]] Result<Token> parse_token(std::string_view body);

[[nodiscard]] std::string basic_authorization(const Credentials& credentials);

/// Errors: `failed`: nothing that could stand in a header field.
[[nodiscard]] Result<std::string> bearer_authorization(std::string_view token);

}  // namespace slipway::registry
