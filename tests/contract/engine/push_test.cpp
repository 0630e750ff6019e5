#include "core/base/result.hpp"
#include "core/wire/base64.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/recorded_answer.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::engine {
namespace {

using test::http_answer;
using test::stream_answer;

const std::string digest_20 =
    "sha256:93c49005f82f582dc0b93e72b27df9826ce8680ef9b585a0a664e5b11c445d8b";

class Push : public ScriptedEngineTest {
protected:
    void answer(const std::string& bytes) { script_.on("/push", {.answer = bytes}); }

    [[nodiscard]] std::string auth(std::size_t request = 0) const {
        return script_.requests().at(request).headers.at("x-registry-auth");
    }
};

TEST_F(Push, NamesTheTagAndKnowsTheDigest) {
    answer(recorded("20_push_ok"));
    const auto pushed = push("127.0.0.1:5058/fx/app:20");
    ASSERT_TRUE(pushed) << error_of(pushed);
    EXPECT_EQ(pushed->digest, digest_20);
    EXPECT_EQ(only_target(), "POST /v1.41/images/127.0.0.1:5058/fx/app/push?tag=20");
    EXPECT_EQ(script_.requests().at(0).headers.at("content-length"), "0");
}

TEST_F(Push, KnowsTheDigestFromTheContainerdStoresWords) {
    answer(recorded("29_push_ok"));
    EXPECT_EQ(
        push("127.0.0.1:5058/fx/app:29").value().digest,
        "sha256:ceb21ad686c1c27cc90204496f14b8436b7e2053dc9b4506b640da2855d169f1"
    );
}

TEST_F(Push, WithoutATagPushesLatestAndNotAll) {
    answer(recorded("20_push_ok"));
    ASSERT_TRUE(push("r.example/a"));
    EXPECT_EQ(only_target(), "POST /v1.41/images/r.example/a/push?tag=latest");
}

TEST_F(Push, ADigestCantBePushedTo) {
    const auto pushed = push("r.example/a@" + digest_20);
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, ErrorCode::invalid);
}

TEST_F(Push, AnonymousIsAnEmptyObjectAndNotAMissingHeader) {
    answer(recorded("20_push_ok"));
    ASSERT_TRUE(push("r.example/a:1"));
    EXPECT_EQ(auth(), "e30=");
}

TEST_F(Push, SendsCredentialsInTheUrlAlphabet) {
    answer(recorded("20_push_ok"));
    ASSERT_TRUE(push(
        "r.example/a:1",
        {.username = "u", .password = "\xc3\xbf>>>???", .server_address = "r.example"}
    ));
    EXPECT_EQ(auth().find_first_of("+/"), std::string::npos) << auth();
    EXPECT_NE(auth().find_first_of("-_"), std::string::npos) << auth();
    EXPECT_EQ(
        wire::base64_decode(auth()).value_or("not base64"),
        "{\"password\":\"\xc3\xbf>>>???\",\"serveraddress\":\"r.example\",\"username\":\"u\"}"
    );
}

TEST_F(Push, TokensGoAlone) {
    answer(recorded("20_push_ok"));
    ASSERT_TRUE(push("r.example/a:1", {.username = "u", .password = "p", .identity_token = "idt"}));
    EXPECT_EQ(wire::base64_decode(auth(0)).value_or("not base64"), R"({"identitytoken":"idt"})");
    ASSERT_TRUE(push("r.example/a:1", {.identity_token = "idt", .registry_token = "reg"}));
    EXPECT_EQ(wire::base64_decode(auth(1)).value_or("not base64"), R"({"registrytoken":"reg"})");
}

TEST_F(Push, WithoutADigestInTheStreamAsksTheRegistry) {
    answer(stream_answer("{\"status\":\"Pushed\",\"id\":\"a67667761eea\"}\n"));
    script_.on("GET /v1.41/distribution", {.answer = recorded("20_distribution_ok")});
    const auto pushed = push("127.0.0.1:5058/fx/app:20", {.username = "u", .password = "p"});
    ASSERT_TRUE(pushed) << error_of(pushed);
    EXPECT_EQ(pushed->digest, digest_20);
    EXPECT_EQ(script_.requests().at(1).target, "/v1.41/distribution/127.0.0.1:5058/fx/app:20/json");
    EXPECT_EQ(auth(1), auth(0));
}

TEST_F(Push, ThatTheRegistryDoesNotKnowIsNoSuccess) {
    answer(stream_answer("{\"status\":\"Pushed\",\"id\":\"a67667761eea\"}\n"));
    script_.on("GET /v1.41/distribution", {.answer = recorded("20_distribution_404")});
    EXPECT_FALSE(push("r.example/a:1"));
    script_.on("GET /v1.41/distribution", {.answer = http_answer(200, "", "{}")});
    EXPECT_FALSE(push("r.example/a:1"));
}

TEST_F(Push, WithoutCredentialsIsDenied) {
    for (const std::string_view name : {"20_push_no_credentials", "29_push_no_credentials"}) {
        answer(recorded(name));
        const auto pushed = push("r.example/a:1");
        ASSERT_FALSE(pushed);
        EXPECT_EQ(pushed.error().code, ErrorCode::denied) << pushed.error().message;
        EXPECT_TRUE(pushed.error().message.contains("no basic auth credentials"));
    }
}

TEST_F(Push, ToARegistryThatIsDownIsUnavailable) {
    for (const std::string_view name : {"20_push_registry_down", "29_push_registry_down"}) {
        answer(recorded(name));
        EXPECT_EQ(push("r.example/a:1").error().code, ErrorCode::unavailable) << name;
    }
}

TEST_F(Push, OfAnUnknownTagIsNotFound) {
    for (const std::string_view name : {"20_push_missing_tag", "29_push_missing_tag"}) {
        answer(recorded(name));
        EXPECT_EQ(push("r.example/a:1").error().code, ErrorCode::not_found) << name;
    }
}

TEST_F(Push, CutAnywhereIsUnavailable) {
    const std::string whole = recorded("29_push_ok");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        script_.on("/push", {.answer = whole, .cut_after = size});
        const auto pushed = push("r.example/a:1");
        ASSERT_FALSE(pushed) << size;
        ASSERT_EQ(pushed.error().code, ErrorCode::unavailable) << size << pushed.error().message;
    }
}

TEST_F(Push, SecretsAreInNoMessage) {
    answer(recorded("20_push_no_credentials"));
    const auto pushed = push("r.example/a:1", {.username = "u", .password = "hunter2"});
    EXPECT_FALSE(pushed.error().message.contains("hunter2"));
    EXPECT_FALSE(pushed.error().message.contains(auth()));
}

}  // namespace
}  // namespace slipway::engine
