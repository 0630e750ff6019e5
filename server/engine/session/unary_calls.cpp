#include "server/engine/session/unary_calls.hpp"

#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/offer.hpp"
#include "server/engine/session/session_messages.pb.h"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine::session {
namespace {

using Answer = net::awaitable<Reply> (*)(const Offer&, std::string);

Reply refused(StatusCode code, std::string words) {
    return {.status = {.code = code, .words = std::move(words)}};
}

Reply not_understood() {
    return refused(StatusCode::internal, "the request can't be decoded");
}

// Else the engine ends the session within seconds.
net::awaitable<Reply> check_health(const Offer& /*offer*/, std::string /*request*/) {
    constexpr int serving = 1;
    messages::HealthCheckResponse response;
    response.set_status(serving);
    co_return Reply{.message = response.SerializeAsString()};
}

// Docker Hub's registry is called by its host.
std::string registry_of(const std::string& host) {
    return host == "registry-1.docker.io" || host == "index.docker.io" ? "docker.io" : host;
}

std::string credentials_message(const Credentials& credentials) {
    messages::CredentialsResponse response;
    if (!credentials.identity_token.empty()) {
        response.set_secret(credentials.identity_token);  // without a user: it is a token
    } else {
        response.set_username(credentials.username);
        response.set_secret(credentials.password);
    }
    return response.SerializeAsString();
}

// Anonymous is an empty answer: an error would keep public images out as well.
net::awaitable<Reply> look_up_credentials(const Offer& offer, std::string request) {
    messages::CredentialsRequest asked;
    if (!asked.ParseFromString(request)) {
        co_return not_understood();
    }
    if (!offer.credentials) {
        co_return Reply{};
    }
    const std::string registry = registry_of(asked.host());
    net::awaitable<Result<Credentials>> look_up = offer.credentials(registry);
    const Result<Credentials> found = co_await std::move(look_up);
    if (found) {
        co_return Reply{.message = credentials_message(*found)};
    }
    const ErrorCode code = found.error().code;
    const bool later = code == ErrorCode::unavailable || code == ErrorCode::cancelled;
    co_return refused(
        later ? StatusCode::unavailable : StatusCode::failed_precondition,
        "looking up the credentials of " + registry + ": " + found.error().message
    );
}

net::awaitable<Reply> get_secret(const Offer& offer, std::string request) {
    messages::GetSecretRequest asked;
    if (!asked.ParseFromString(request)) {
        co_return not_understood();
    }
    const auto secret = offer.secrets.find(asked.id());
    if (secret == offer.secrets.end()) {
        co_return refused(
            StatusCode::not_found, "no secret is offered under the id '" + asked.id() + "'"
        );
    }
    messages::GetSecretResponse response;
    response.set_data(secret->second);
    co_return Reply{.message = response.SerializeAsString()};
}

net::awaitable<Reply> check_agent(const Offer& offer, std::string request) {
    messages::CheckAgentRequest asked;
    if (!asked.ParseFromString(request)) {
        co_return not_understood();
    }
    const std::string id = asked.id().empty() ? "default" : asked.id();
    if (!offer.ssh_agents.contains(id)) {
        co_return refused(
            StatusCode::not_found, "no ssh agent is offered under the id '" + id + "'"
        );
    }
    co_return Reply{};
}

constexpr std::array<std::pair<std::string_view, Answer>, 4> answers{{
    {"/grpc.health.v1.Health/Check", check_health},
    {"/moby.filesync.v1.Auth/Credentials", look_up_credentials},
    {"/moby.buildkit.secrets.v1.Secrets/GetSecret", get_secret},
    {"/moby.sshforward.v1.SSH/CheckAgent", check_agent},
}};

const auto* find_answer(std::string_view method) {
    return std::ranges::find(answers, method, &decltype(answers)::value_type::first);
}

}  // namespace

bool is_unary(std::string_view method) {
    return find_answer(method) != answers.end();
}

net::awaitable<Reply> answer(const Offer& offer, std::string method, std::string request) {
    const auto* const found = find_answer(method);
    if (found == answers.end()) {
        co_return refused(StatusCode::unimplemented, method + " is not offered");
    }
    co_return co_await found->second(offer, std::move(request));
}

}  // namespace slipway::engine::session
