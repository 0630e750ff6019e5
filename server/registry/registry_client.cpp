#include "server/registry/registry_client.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/base/trace_context.hpp"
#include "server/client/deadline.hpp"
#include "server/registry/answer_error.hpp"
#include "server/registry/digest.hpp"
#include "server/registry/manifest.hpp"
#include "server/registry/session.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::registry {

struct RegistryClient::State {
    std::map<std::string, RegistryAccess> access;
    ClientLimits limits;
    Shared shared;

    Session session(
        const model::ImageRef& repository,
        Credentials credentials,
        std::string_view actions,
        std::optional<TraceContext> trace
    );
};

namespace {

using Digest = std::optional<std::string>;

/// The answer for a manifest; nothing for 404, and only then.
net::awaitable<Result<std::optional<HttpAnswer>>> ask_for(
    Session& session, http::verb method, const std::string& name
) {
    Result<HttpAnswer> answer = co_await session.ask(method, name);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    if (answer->result() == http::status::not_found) {
        co_return std::optional<HttpAnswer>();
    }
    if (answer->result() != http::status::ok) {
        co_return std::unexpected(to_error(*answer));
    }
    co_return std::optional<HttpAnswer>(std::move(*answer));
}

net::awaitable<Result<Digest>> find(Session session, std::string name) {
    auto answer = co_await ask_for(session, http::verb::head, name);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    if (!*answer) {
        co_return Digest();
    }
    const std::string_view digest = (**answer)["Docker-Content-Digest"];
    if (is_sha256_digest(digest)) {
        co_return Digest(digest);
    }
    // A registry need not send the digest along; the manifest itself always tells.
    const auto whole = co_await ask_for(session, http::verb::get, name);
    if (!whole) {
        co_return std::unexpected(whole.error());
    }
    co_return *whole ? Digest(sha256_digest((*whole)->body())) : Digest();
}

net::awaitable<Result<Digest>> find_id(Session session, std::string name, std::string image_id) {
    const auto answer = co_await ask_for(session, http::verb::get, name);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    if (!*answer || !is_manifest_of((*answer)->body(), image_id)) {
        co_return Digest();
    }
    co_return Digest(sha256_digest((*answer)->body()));
}

net::awaitable<Result<void>> tag(Session session, std::string digest, std::string name) {
    auto held = co_await ask_for(session, http::verb::get, digest);
    if (!held) {
        co_return std::unexpected(held.error());
    }
    if (!*held) {
        co_return fail(ErrorCode::not_found, "its repository does not hold this digest");
    }
    if (sha256_digest((*held)->body()) != digest) {
        co_return fail(
            ErrorCode::failed, "what it sent has another digest; is something between here and it?"
        );
    }
    std::string media_type((**held)[http::field::content_type]);
    const Result<HttpAnswer> stored =
        co_await session.put(std::move(name), std::move(media_type), std::move((*held)->body()));
    if (!stored) {
        co_return std::unexpected(stored.error());
    }
    if (stored->result() != http::status::created && stored->result() != http::status::ok) {
        co_return std::unexpected(to_error(*stored));
    }
    co_return Result<void>();
}

/// The digest, else the tag that a reference names.
std::string name_of(const model::ImageRef& reference) {
    return reference.digest.empty() ? reference.tag : reference.digest;
}

std::string doing_of(const model::ImageRef& reference) {
    return "asking " + reference.domain + " for " + reference.path +
           (reference.digest.empty() ? ":" : "@") + name_of(reference);
}

}  // namespace

Session RegistryClient::State::session(
    const model::ImageRef& repository,
    Credentials credentials,
    std::string_view actions,
    std::optional<TraceContext> trace
) {
    const auto found = access.find(repository.domain);
    return {
        shared,
        found != access.end() ? found->second : RegistryAccess(),
        repository,
        std::move(credentials),
        actions,
        std::move(trace)
    };
}

RegistryClient::RegistryClient(std::map<std::string, RegistryAccess> access, ClientLimits limits)
    : state_(std::make_unique<State>()) {
    state_->access = std::move(access);
    state_->limits = limits;
    state_->shared.answer_bytes = limits.answer_bytes;
}

RegistryClient::~RegistryClient() = default;

net::awaitable<Result<std::optional<std::string>>> RegistryClient::find_digest(
    model::ImageRef reference, Credentials credentials, std::optional<TraceContext> trace
) {
    const model::ImageRef full = model::with_default_tag(std::move(reference));
    Session session = state_->session(full, std::move(credentials), "pull", std::move(trace));
    Result<Digest> digest =
        co_await client::within(state_->limits.total, find(std::move(session), name_of(full)));
    if (!digest) {
        co_return fail_within(doing_of(full), digest.error());
    }
    co_return digest;
}

net::awaitable<Result<std::optional<std::string>>> RegistryClient::find_image(
    model::ImageRef reference,
    std::string image_id,
    Credentials credentials,
    std::optional<TraceContext> trace
) {
    const model::ImageRef full = model::with_default_tag(std::move(reference));
    Session session = state_->session(full, std::move(credentials), "pull", std::move(trace));
    Result<Digest> digest = co_await client::within(
        state_->limits.total, find_id(std::move(session), name_of(full), std::move(image_id))
    );
    if (!digest) {
        co_return fail_within(doing_of(full), digest.error());
    }
    co_return digest;
}

net::awaitable<Result<void>> RegistryClient::tag_digest(
    model::ImageRef reference,
    std::string digest,
    Credentials credentials,
    std::optional<TraceContext> trace
) {
    const std::string doing =
        "tagging " + reference.name() + "@" + digest + " as '" + reference.tag + "'";
    if (!is_sha256_digest(digest) || !model::is_valid_tag(reference.tag)) {
        co_return fail(ErrorCode::invalid, doing + ": it takes a sha256 digest and a tag");
    }
    Session session =
        state_->session(reference, std::move(credentials), "pull,push", std::move(trace));
    Result<void> tagged = co_await client::within(
        state_->limits.total, tag(std::move(session), std::move(digest), reference.tag)
    );
    if (!tagged) {
        co_return fail_within(doing, tagged.error());
    }
    co_return tagged;
}

}  // namespace slipway::registry
