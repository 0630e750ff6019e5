#pragma once

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/base/trace_context.hpp"
#include "server/client/http_exchange.hpp"
#include "server/client/tls.hpp"
#include "server/registry/challenge.hpp"
#include "server/registry/registry_client.hpp"
#include "server/registry/token.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::registry {

namespace net = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using client::HttpAnswer;
using client::HttpRequest;
using client::TlsContexts;

/// What the sessions of a client have in common.
struct Shared {
    TokenCache tokens;
    TlsContexts tls;
    std::size_t answer_bytes = 0;
};

/// What one call says to the repository of one reference; it remembers how it signed in. Its
/// coroutines run one after the other, and refer to it.
class Session {
public:
    /// `actions` are a token's: `pull` or `pull,push`. `trace`: that its requests are part of.
    /// `shared` must outlive the session.
    Session(
        std::reference_wrapper<Shared> shared,
        RegistryAccess access,
        model::ImageRef repository,
        Credentials credentials,
        std::string_view actions,
        std::optional<TraceContext> trace
    );

    /// The answer about the manifest `name` (a tag or a digest), whatever its status is; signs in
    /// where it is asked to. Errors: those of http_exchange, `denied`, `failed`.
    [[nodiscard]] net::awaitable<Result<HttpAnswer>> ask(http::verb method, std::string name);

    /// Stores a manifest under a tag, as ask().
    [[nodiscard]] net::awaitable<Result<HttpAnswer>> put(
        std::string tag, std::string media_type, std::string manifest
    );

private:
    enum class SignedIn : std::uint8_t { no, with_kept_token, afresh };

    net::awaitable<Result<HttpAnswer>> send(HttpRequest request);
    net::awaitable<Result<HttpAnswer>> follow(HttpRequest request);
    net::awaitable<Result<HttpAnswer>> exchange(HttpRequest request);
    net::awaitable<Result<void>> sign_in(Challenge challenge);
    net::awaitable<Result<void>> take_token(Challenge challenge);
    net::awaitable<Result<Token>> fetch_token(TokenKey key);
    [[nodiscard]] Result<void> use_token(std::string_view token);
    [[nodiscard]] Result<HttpRequest> make_request(http::verb method, std::string_view name) const;

    std::reference_wrapper<Shared> shared_;
    RegistryAccess access_;
    model::ImageRef repository_;
    Credentials credentials_;
    std::string scope_;
    std::optional<TraceContext> trace_;
    std::string authorization_;
    SignedIn signed_in_ = SignedIn::no;
};

}  // namespace slipway::registry
