#pragma once

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/base/trace_context.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace slipway::registry {

namespace net = boost::asio;

/// How a registry is reached; the default is HTTPS with the system's certificate authorities, and
/// plain HTTP on loopback (as Docker does).
struct RegistryAccess {
    std::filesystem::path ca_file;  ///< PEM, trusted beside the system's; empty: none
    bool plain_http = false;
};

struct ClientLimits {
    std::chrono::milliseconds total = std::chrono::seconds(30);  ///< of one call with its sign-in
    std::size_t answer_bytes = std::size_t{4} << 20U;
};

/// Asks registries by the distribution API (github.com/distribution/distribution-spec 1.1): what a
/// reference names, and a new name for what is there. Signs in with Basic or a token, as the
/// registry asks. Keeps tokens until they end, connections never. `trace`: that a call is part of.
///
/// All calls are coroutines on the caller's executor. Requires: an executor that runs one handler
/// at a time, one for all calls. Errors: `unavailable` (away, 429, 5xx, cut short, a deadline:
/// worth another try; the message says what Retry-After asked for), `denied` (401 or 403 after
/// signing in), `too_large` (above `answer_bytes`), `failed` (anything else that the registry says,
/// and a certificate that is not trusted), `cancelled` (by the caller). Must outlive its calls.
class RegistryClient {
public:
    /// `access` by domain as in a reference (`registry.example.com:5000`).
    explicit RegistryClient(std::map<std::string, RegistryAccess> access, ClientLimits limits = {});
    RegistryClient(const RegistryClient&) = delete;
    RegistryClient& operator=(const RegistryClient&) = delete;
    RegistryClient(RegistryClient&&) = delete;
    RegistryClient& operator=(RegistryClient&&) = delete;
    ~RegistryClient();

    /// The digest (`sha256:…`) of what the reference's tag or digest names; nothing where the
    /// registry answers 404, and only then.
    [[nodiscard]] net::awaitable<Result<std::optional<std::string>>> find_digest(
        model::ImageRef reference,
        Credentials credentials,
        std::optional<TraceContext> trace = std::nullopt
    );

    /// The same where it names the image that an engine calls `image_id`; else nothing.
    [[nodiscard]] net::awaitable<Result<std::optional<std::string>>> find_image(
        model::ImageRef reference,
        std::string image_id,
        Credentials credentials,
        std::optional<TraceContext> trace = std::nullopt
    );

    /// Makes `reference` (with a tag) name the manifest `digest` that its repository holds already:
    /// no layer is moved. Errors: also `not_found` (it holds none) and `invalid` (no tag, or no
    /// sha256 digest).
    [[nodiscard]] net::awaitable<Result<void>> tag_digest(
        model::ImageRef reference,
        std::string digest,
        Credentials credentials,
        std::optional<TraceContext> trace = std::nullopt
    );

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway::registry
