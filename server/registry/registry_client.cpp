#include "server/registry/registry_client.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/registry/answer_error.hpp"
#include "server/registry/deadline.hpp"
#include "server/registry/digest.hpp"
#include "server/registry/http_exchange.hpp"
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
};

namespace {

using Digest = std::optional<std::string>;

RegistryAccess access_to(
    const std::map<std::string, RegistryAccess>& access, const std::string& domain
) {
    const auto found = access.find(domain);
    return found != access.end() ? found->second : RegistryAccess();
}

// A registry need not send the digest along; the manifest itself always tells.
net::awaitable<Result<Digest>> digest_of_body(Session session, std::string name) {
    const Result<HttpAnswer> answer = co_await session.ask(http::verb::get, name);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    if (answer->result() == http::status::not_found) {
        co_return Digest();
    }
    if (answer->result() != http::status::ok) {
        co_return std::unexpected(to_error(*answer));
    }
    co_return Digest(sha256_digest(answer->body()));
}

net::awaitable<Result<Digest>> find(Session session, std::string name) {
    const Result<HttpAnswer> answer = co_await session.ask(http::verb::head, name);
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    if (answer->result() == http::status::not_found) {
        co_return Digest();
    }
    if (answer->result() != http::status::ok) {
        co_return std::unexpected(to_error(*answer));
    }
    const std::string_view digest = (*answer)["Docker-Content-Digest"];
    if (is_sha256_digest(digest)) {
        co_return Digest(digest);
    }
    co_return co_await digest_of_body(std::move(session), std::move(name));
}

net::awaitable<Result<void>> tag(Session session, std::string digest, std::string name) {
    Result<HttpAnswer> held = co_await session.ask(http::verb::get, digest);
    if (!held) {
        co_return std::unexpected(held.error());
    }
    if (held->result() == http::status::not_found) {
        co_return fail(ErrorCode::not_found, "its repository does not hold this digest");
    }
    if (held->result() != http::status::ok) {
        co_return std::unexpected(to_error(*held));
    }
    if (sha256_digest(held->body()) != digest) {
        co_return fail(
            ErrorCode::failed, "what it sent has another digest; is something between here and it?"
        );
    }
    std::string media_type((*held)[http::field::content_type]);
    const Result<HttpAnswer> stored =
        co_await session.put(std::move(name), std::move(media_type), std::move(held->body()));
    if (!stored) {
        co_return std::unexpected(stored.error());
    }
    if (stored->result() != http::status::created && stored->result() != http::status::ok) {
        co_return std::unexpected(to_error(*stored));
    }
    co_return Result<void>();
}

}  // namespace

RegistryClient::RegistryClient(std::map<std::string, RegistryAccess> access, ClientLimits limits)
    : state_(std::make_unique<State>()) {
    state_->access = std::move(access);
    state_->limits = limits;
    state_->shared.answer_bytes = limits.answer_bytes;
}

RegistryClient::~RegistryClient() = default;

net::awaitable<Result<std::optional<std::string>>> RegistryClient::find_digest(
    model::ImageRef reference, Credentials credentials
) {
    const model::ImageRef full = model::with_default_tag(std::move(reference));
    const std::string name = full.digest.empty() ? full.tag : full.digest;
    const std::string doing =
        "asking " + full.domain + " for " + full.path + (full.digest.empty() ? ":" : "@") + name;
    Session session(
        state_->shared, access_to(state_->access, full.domain), full, std::move(credentials), "pull"
    );
    Result<Digest> digest = co_await within(state_->limits.total, find(std::move(session), name));
    if (!digest) {
        co_return fail_within(doing, digest.error());
    }
    co_return digest;
}

net::awaitable<Result<void>> RegistryClient::tag_digest(
    model::ImageRef reference, std::string digest, Credentials credentials
) {
    const std::string doing =
        "tagging " + reference.name() + "@" + digest + " as '" + reference.tag + "'";
    if (!is_sha256_digest(digest) || !model::is_valid_tag(reference.tag)) {
        co_return fail(ErrorCode::invalid, doing + ": it takes a sha256 digest and a tag");
    }
    Session session(
        state_->shared,
        access_to(state_->access, reference.domain),
        reference,
        std::move(credentials),
        "pull,push"
    );
    Result<void> tagged = co_await within(
        state_->limits.total, tag(std::move(session), std::move(digest), reference.tag)
    );
    if (!tagged) {
        co_return fail_within(doing, tagged.error());
    }
    co_return tagged;
}

}  // namespace slipway::registry
