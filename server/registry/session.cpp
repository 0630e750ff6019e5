#include "server/registry/session.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/base/trace_context.hpp"
#include "server/client/http_exchange.hpp"
#include "server/registry/address.hpp"
#include "server/registry/answer_error.hpp"
#include "server/registry/challenge.hpp"
#include "server/registry/registry_client.hpp"
#include "server/registry/token.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/url/url.hpp>

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::registry {
namespace {

constexpr int most_redirects = 5;
constexpr std::string_view manifest_types =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

bool is_redirect(const HttpRequest& request, const HttpAnswer& answer) {
    if (request.method != http::verb::get && request.method != http::verb::head) {
        return false;
    }
    switch (answer.result()) {
        case http::status::moved_permanently:
        case http::status::found:
        case http::status::see_other:
        case http::status::temporary_redirect:
        case http::status::permanent_redirect:
            return true;
        default:
            return false;
    }
}

bool is_refusal(const HttpAnswer& answer) {
    return answer.result() == http::status::unauthorized ||
           answer.result() == http::status::forbidden;
}

std::vector<Challenge> challenges_of(const HttpAnswer& answer) {
    std::string offered;
    const auto [begin, end] = answer.equal_range(http::field::www_authenticate);
    for (auto field = begin; field != end; ++field) {
        offered += std::string(field->value()) + ", ";
    }
    return parse_challenges(offered);
}

}  // namespace

Session::Session(
    std::reference_wrapper<Shared> shared,
    RegistryAccess access,
    model::ImageRef repository,
    Credentials credentials,
    std::string_view actions,
    std::optional<TraceContext> trace
)
    : shared_(shared),
      access_(std::move(access)),
      repository_(std::move(repository)),
      credentials_(std::move(credentials)),
      scope_("repository:" + repository_.path + ":" + std::string(actions)),
      trace_(std::move(trace)) {}

net::awaitable<Result<HttpAnswer>> Session::ask(http::verb method, std::string name) {
    Result<HttpRequest> request = make_request(method, name);
    if (!request) {
        co_return std::unexpected(request.error());
    }
    request->accept = manifest_types;
    co_return co_await send(*std::move(request));
}

net::awaitable<Result<HttpAnswer>> Session::put(
    std::string tag, std::string media_type, std::string manifest
) {
    Result<HttpRequest> request = make_request(http::verb::put, tag);
    if (!request) {
        co_return std::unexpected(request.error());
    }
    request->content_type = std::move(media_type);
    request->body = std::move(manifest);
    co_return co_await send(*std::move(request));
}

Result<HttpRequest> Session::make_request(http::verb method, std::string_view name) const {
    Result<urls::url> url = registry_url(repository_.domain, access_);
    if (!url) {
        return std::unexpected(url.error());
    }
    url->set_path("/v2/" + repository_.path + "/manifests/" + std::string(name));
    HttpRequest request;
    request.method = method;
    request.url = *std::move(url);
    return request;
}

net::awaitable<Result<HttpAnswer>> Session::send(HttpRequest request) {
    for (;;) {
        request.authorization = authorization_;
        Result<HttpAnswer> answer = co_await follow(request);
        if (!answer || answer->result() != http::status::unauthorized) {
            co_return answer;
        }
        const std::optional<Challenge> challenge = choose_challenge(challenges_of(*answer));
        if (signed_in_ == SignedIn::afresh || !challenge) {
            co_return std::unexpected(to_error(*answer));
        }
        const Result<void> signed_in = co_await sign_in(*challenge);
        if (!signed_in) {
            co_return std::unexpected(signed_in.error());
        }
    }
}

// Credentials go to nobody but whom they are for, and nobody else may ask for them.
net::awaitable<Result<HttpAnswer>> Session::follow(HttpRequest request) {
    const urls::url home = request.url;
    for (int followed = 0; followed <= most_redirects; ++followed) {
        Result<HttpAnswer> answer = co_await exchange(request);
        if (!answer) {
            co_return answer;
        }
        const bool elsewhere = !same_origin(request.url, home);
        if (elsewhere && is_refusal(*answer)) {
            const Error error = to_error(*answer);
            co_return fail_within("it redirects to " + authority_of(request.url), error);
        }
        if (!is_redirect(request, *answer)) {
            co_return answer;
        }
        Result<urls::url> target = resolve_redirect(request.url, (*answer)[http::field::location]);
        if (!target) {
            co_return std::unexpected(target.error());
        }
        if (!same_origin(*target, home)) {
            request.authorization.clear();
        }
        request.url = *std::move(target);
    }
    co_return fail(ErrorCode::failed, "it redirects in a circle, or more than five times");
}

net::awaitable<Result<HttpAnswer>> Session::exchange(HttpRequest request) {
    request.trace = trace_;
    std::shared_ptr<ssl::context> context;
    if (is_tls(request.url)) {
        auto found = shared_.get().tls.get(access_.ca_file);
        if (!found) {
            co_return std::unexpected(found.error());
        }
        context = *found;
    }
    co_return co_await client::http_exchange(
        std::move(request), context, shared_.get().answer_bytes
    );
}

net::awaitable<Result<void>> Session::sign_in(Challenge challenge) {
    if (challenge.scheme == "bearer") {
        co_return co_await take_token(std::move(challenge));
    }
    if (credentials_.username.empty()) {
        co_return fail(
            ErrorCode::denied, "it wants a user and a password, and there are none for it"
        );
    }
    authorization_ = basic_authorization(credentials_);
    signed_in_ = SignedIn::afresh;
    co_return Result<void>();
}

net::awaitable<Result<void>> Session::take_token(Challenge challenge) {
    if (!credentials_.registry_token.empty()) {
        signed_in_ = SignedIn::afresh;
        co_return use_token(credentials_.registry_token);
    }
    TokenCache& tokens = shared_.get().tokens;
    const TokenKey key = make_token_key(challenge, scope_, credentials_);
    const auto kept = tokens.find(key, std::chrono::steady_clock::now());
    if (kept && signed_in_ == SignedIn::no) {
        signed_in_ = SignedIn::with_kept_token;
        co_return use_token(*kept);
    }
    tokens.forget(key);
    signed_in_ = SignedIn::afresh;
    const Result<Token> token = co_await fetch_token(key);
    if (!token) {
        co_return std::unexpected(token.error());
    }
    tokens.keep(key, *token, std::chrono::steady_clock::now());
    co_return use_token(token->value);
}

net::awaitable<Result<Token>> Session::fetch_token(TokenKey key) {
    const Result<urls::url> registry = registry_url(repository_.domain, access_);
    const Result<urls::url> realm =
        registry ? parse_realm(*registry, key.realm) : std::unexpected(registry.error());
    if (!realm) {
        co_return std::unexpected(realm.error());
    }
    const std::string doing = "signing in at " + authority_of(*realm);
    HttpRequest request = make_token_request(*realm, key, credentials_);
    const Result<HttpAnswer> answer = co_await follow(std::move(request));
    if (!answer) {
        co_return fail_within(doing, answer.error());
    }
    if (answer->result() != http::status::ok) {
        co_return fail_within(doing, to_error(*answer));
    }
    Result<Token> token = parse_token(answer->body());
    if (!token) {
        co_return fail_within(doing, token.error());
    }
    co_return token;
}

Result<void> Session::use_token(std::string_view token) {
    Result<std::string> authorization = bearer_authorization(token);
    if (!authorization) {
        return std::unexpected(authorization.error());
    }
    authorization_ = *std::move(authorization);
    return {};
}

}  // namespace slipway::registry
