#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/session/offer.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/grpc_client.hpp"
#include "tests/support/recorded_answer.hpp"
#include "tests/support/scripted_engine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>  // IWYU pragma: keep
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine {
namespace {

using test::http_answer;
using test::stream_answer;

class BuildSession : public ScriptedEngineTest {
protected:
    BuildSession() { script_.on("POST /v1.41/build", {.answer = recorded("20_build_v2_ok")}); }

    void answer_session(test::Script script) {
        script_.on("POST /v1.41/session", std::move(script));
    }

    static BuildRequest with_secret() { return {.session = {.secrets = {{"token", "s3cret-1"}}}}; }
};

TEST_F(BuildSession, IsOpenedUnderTheIdThatTheBuildNames) {
    ASSERT_TRUE(build());
    ASSERT_EQ(script_.sessions().size(), 1U);
    const auto session = script_.sessions().at(0);
    const std::string id = session.headers.at("x-docker-expose-session-uuid");
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(session.headers.at("connection"), "Upgrade");
    EXPECT_EQ(session.headers.at("upgrade"), "h2c");
    EXPECT_EQ(session.headers.at("x-docker-expose-session-name"), "slipway");
    EXPECT_EQ(
        session.headers.at("x-docker-expose-session-grpc-method"),
        "/moby.filesync.v1.Auth/Credentials, /moby.buildkit.secrets.v1.Secrets/GetSecret, "
        "/grpc.health.v1.Health/Check"
    );
    EXPECT_TRUE(only_target().contains("&session=" + id + "&")) << only_target();
    EXPECT_TRUE(script_.wait_until_closed("/session"));
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(BuildSession, OffersSshOnlyWithAnAgent) {
    ASSERT_TRUE(build({.session = {.ssh_agents = {{"default", "/agent.sock"}}}}));
    EXPECT_TRUE(
        script_.sessions()
            .at(0)
            .headers.at("x-docker-expose-session-grpc-method")
            .ends_with("/moby.sshforward.v1.SSH/CheckAgent, /moby.sshforward.v1.SSH/ForwardAgent")
    );
}

TEST_F(BuildSession, EachBuildHasItsOwn) {
    std::set<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(build());
    }
    for (const auto& session : script_.sessions()) {
        ids.insert(session.headers.at("x-docker-expose-session-uuid"));
    }
    EXPECT_EQ(ids.size(), 5U);
}

TEST_F(BuildSession, RefusedTheBuildGoesOnWithAWarning) {
    for (const std::string& refusal :
         {http_answer(400, "", R"({"message":"no upgrade proto in request"})"),
          http_answer(403, "", "blocked by the proxy\n"),
          http_answer(404, "", R"({"message":"page not found"})"),
          http_answer(200, "", "hello"),
          std::string("HTTP/1.1 101"),
          std::string()}) {
        warnings_.clear();
        answer_session({.answer = refusal});
        ASSERT_TRUE(build()) << refusal;
        ASSERT_EQ(warnings_.size(), 1U) << refusal;
        EXPECT_TRUE(warnings_[0].contains("BuildKit session")) << warnings_[0];
        EXPECT_FALSE(script_.requests().back().target.contains("session")) << refusal;
    }
}

TEST_F(BuildSession, RefusedABuildWithSecretsFails) {
    const std::pair<std::string, ErrorCode> refusals[]{
        {http_answer(400, "", R"({"message":"no upgrade proto in request"})"), ErrorCode::failed},
        {http_answer(403, "", "blocked by the proxy\n"), ErrorCode::denied},
        {http_answer(404, "", R"({"message":"page not found"})"), ErrorCode::failed},
        {http_answer(503, "", "later"), ErrorCode::unavailable},
        {"", ErrorCode::unavailable},
    };
    for (const auto& [refusal, code] : refusals) {
        answer_session({.answer = refusal});
        const auto built = build(with_secret());
        ASSERT_FALSE(built) << refusal;
        EXPECT_EQ(built.error().code, code) << built.error().message;
        EXPECT_TRUE(built.error().message.contains("secrets")) << built.error().message;
        EXPECT_FALSE(built.error().message.contains("s3cret-1"));
    }
    EXPECT_TRUE(script_.requests().empty());
}

TEST_F(BuildSession, RefusedABuildWithAnAgentFails) {
    answer_session({.answer = http_answer(400, "", R"({"message":"no"})")});
    EXPECT_FALSE(build({.session = {.ssh_agents = {{"default", "/agent.sock"}}}}));
    EXPECT_TRUE(script_.requests().empty());
}

TEST_F(BuildSession, AnEndlessRefusalIsBounded) {
    answer_session({.answer = http_answer(400, "", std::string(5UL * 1024 * 1024, 'x'))});
    ASSERT_TRUE(build());
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(BuildSession, AnOfferThatCanNotBeServedIsRefusedAtOnce) {
    const std::string large(session::largest_secret + 1, 'x');
    const auto built = build({.session = {.secrets = {{"large", large}}}});
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::too_large);
    EXPECT_TRUE(script_.sessions().empty());
}

// The engine's first frames come with the answer, or in any number of pieces.
TEST_F(BuildSession, AnswersWhatComesWithTheUpgrade) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{50}, test::Script::all}) {
        test::GrpcClient client;
        const std::int32_t health = client.call("/grpc.health.v1.Health/Check", "");
        const std::int32_t secret =
            client.call("/moby.buildkit.secrets.v1.Secrets/GetSecret", "\x0A\x05token");
        answer_session({.answer = upgraded + client.output(), .write_size = size, .hold = true});
        ASSERT_TRUE(build(with_secret(), context_after_session_text("s3cret-1")));
        ASSERT_TRUE(script_.wait_until_closed("/session"));
        ASSERT_TRUE(client.feed(script_.sessions().back().afterwards));
        EXPECT_EQ(test::only_message(client.answer(health)), "\x08\x01") << size;
        EXPECT_EQ(test::only_message(client.answer(secret)), "\x0A\x08s3cret-1") << size;
    }
}

TEST_F(BuildSession, ThatBreaksLeavesTheBuildItsOwnEnd) {
    for (const std::string& garbage : {std::string(), std::string("HTTP/1.1 500 no\r\n\r\n")}) {
        answer_session({.answer = upgraded + garbage});
        ASSERT_TRUE(build(with_secret())) << garbage;
    }
    script_.on(
        "POST /v1.41/build",
        {.answer = stream_answer(
             "{\"errorDetail\":{\"message\":\"no active session for abc: context deadline "
             "exceeded\"}}\n"
         )}
    );
    EXPECT_EQ(build(with_secret()).error().code, ErrorCode::unavailable);
}

TEST_F(BuildSession, CancellingTheBuildClosesIt) {
    script_.on("POST /v1.41/build", {.answer = {}, .hold = true});
    std::optional<Result<BuiltImage>> built;
    net::cancellation_signal cancel;
    net::co_spawn(
        context_,
        engine_->build(with_secret(), context_of({"tar"}), sink(), limits_),
        net::bind_cancellation_slot(
            cancel.slot(),
            [&built](const std::exception_ptr& thrown, Result<BuiltImage> result) {
                EXPECT_EQ(thrown, nullptr);
                built = std::move(result);
            }
        )
    );
    while (script_.requests().empty()) {
        context_.poll();
    }
    cancel.emit(net::cancellation_type::terminal);
    context_.run_for(std::chrono::seconds(10));
    const auto ended = built.value_or(BuiltImage());
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::cancelled) << ended.error().message;
    EXPECT_TRUE(script_.wait_until_closed("/session"));
    EXPECT_TRUE(script_.wait_until_closed("/build"));
}

TEST_F(BuildSession, CancellingWhileItIsOpenedEndsTheBuild) {
    answer_session({.answer = {}, .hold = true});
    std::optional<Result<BuiltImage>> built;
    net::cancellation_signal cancel;
    net::co_spawn(
        context_,
        engine_->build({}, context_of({"tar"}), sink(), limits_),
        net::bind_cancellation_slot(
            cancel.slot(),
            [&built](const std::exception_ptr& thrown, Result<BuiltImage> result) {
                EXPECT_EQ(thrown, nullptr);
                built = std::move(result);
            }
        )
    );
    while (script_.sessions().empty()) {
        context_.poll();
    }
    cancel.emit(net::cancellation_type::terminal);
    context_.run_for(std::chrono::seconds(10));
    const auto ended = built.value_or(BuiltImage());
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::cancelled) << ended.error().message;
    EXPECT_TRUE(script_.requests().empty());
}

}  // namespace
}  // namespace slipway::engine
