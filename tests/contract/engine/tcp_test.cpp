#include "core/base/result.hpp"
#include "server/engine/docker_engine.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/grpc_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace slipway::engine {
namespace {

/// The scripted engine behind a port, with or without TLS on both sides.
class EngineOverTcp : public ScriptedEngineTest {
protected:
    std::string start_front(bool tls) {
        std::vector<std::string> command = {
            "python3",
            SLIPWAY_SOURCE_DIR "/tests/support/tls_front.py",
            script_.address().substr(std::string("unix://").size())
        };
        if (tls) {
            command.push_back(certificates_.path().string());
        }
        front_ = std::make_unique<test::Process>(std::move(command));
        return front_->read_line();
    }

    void connect(const std::string& address, const std::filesystem::path& certificates) {
        engine_ = make_docker_engine(blocking_, address, certificates).value();
    }

    test::TempFolder certificates_;
    std::unique_ptr<test::Process> front_;
};

TEST_F(EngineOverTcp, BuildsOnLoopbackWithoutCertificates) {
    connect("tcp://127.0.0.1:" + start_front(false), {});
    script_.on("POST", {.answer = recorded("29_build_v1_ok_multistage")});
    const auto built = build({}, context_of({std::string(300'000, 'a'), "b"}));
    ASSERT_TRUE(built) << error_of(built);
    EXPECT_EQ(script_.requests().at(0).body.size(), 300'001U);
    EXPECT_TRUE(script_.requests().at(0).body_complete);
}

TEST_F(EngineOverTcp, BuildsWithCertificatesOnBothSides) {
    connect("tcp://127.0.0.1:" + start_front(true), certificates_.path());
    script_.on("POST", {.answer = recorded("29_build_v1_ok_multistage"), .write_size = 64});
    const auto built = build({}, context_of({std::string(300'000, 'a'), "b"}));
    ASSERT_TRUE(built) << error_of(built);
    EXPECT_EQ(script_.requests().at(0).body.size(), 300'001U);
    EXPECT_TRUE(script_.requests().at(0).body_complete);
    EXPECT_FALSE(script_.requests().at(0).half_closed);
}

TEST_F(EngineOverTcp, ServesTheSessionWithCertificatesOnBothSides) {
    connect("tcp://127.0.0.1:" + start_front(true), certificates_.path());
    test::GrpcClient client;
    const std::int32_t secret =
        client.call("/moby.buildkit.secrets.v1.Secrets/GetSecret", "\x0A\x05token");
    script_.on(
        "POST /v1.41/session",
        {.answer = upgraded + client.output(), .write_size = 16, .hold = true}
    );
    script_.on("POST /v1.41/build", {.answer = recorded("20_build_v2_ok")});
    const auto built = build(
        {.session = {.secrets = {{"token", "s3cret-1"}}}}, context_after_session_text("s3cret-1")
    );
    ASSERT_TRUE(built) << error_of(built);
    ASSERT_TRUE(script_.wait_until_closed("/session"));
    ASSERT_TRUE(client.feed(script_.sessions().at(0).afterwards));
    EXPECT_EQ(test::only_message(client.answer(secret)), "\x0A\x08s3cret-1");
}

TEST_F(EngineOverTcp, AnEngineOfAnotherAuthorityIsDenied) {
    const std::string port = start_front(true);
    const test::TempFolder other;
    for (const char* name : {"cert.pem", "key.pem"}) {
        std::filesystem::copy_file(certificates_ / name, other / name);
    }
    // A certificate, but not the one that signed the engine's.
    std::filesystem::copy_file(certificates_ / "cert.pem", other / "ca.pem");
    connect("tcp://127.0.0.1:" + port, other.path());
    const auto pong = ping();
    ASSERT_FALSE(pong);
    EXPECT_EQ(pong.error().code, ErrorCode::denied) << pong.error().message;
    EXPECT_TRUE(pong.error().message.contains("ca.pem")) << pong.error().message;
}

TEST_F(EngineOverTcp, AnEngineOfAnotherNameIsDenied) {
    connect("tcp://localhost:" + start_front(true), certificates_.path());
    const auto pong = ping();
    ASSERT_FALSE(pong);
    EXPECT_EQ(pong.error().code, ErrorCode::denied) << pong.error().message;
}

TEST_F(EngineOverTcp, NobodyListeningIsUnavailable) {
    const std::string port = start_front(false);
    front_.reset();
    connect("tcp://127.0.0.1:" + port, {});
    const auto pong = ping();
    ASSERT_FALSE(pong);
    EXPECT_EQ(pong.error().code, ErrorCode::unavailable) << pong.error().message;
}

TEST_F(EngineOverTcp, CancellationClosesTheConnection) {
    connect("tcp://127.0.0.1:" + start_front(true), certificates_.path());
    limits_.silent = std::chrono::seconds(2);
    script_.on(
        "POST", {.answer = recorded("29_build_v1_ok_multistage"), .cut_after = 700, .hold = true}
    );
    const auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::cancelled) << built.error().message;
    EXPECT_TRUE(script_.wait_until_closed());
}

TEST_F(EngineOverTcp, OverANetworkItWantsCertificates) {
    const auto engine = make_docker_engine(blocking_, "tcp://engine.example.com:2375");
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::invalid);
    EXPECT_TRUE(engine.error().message.contains("certificates")) << engine.error().message;
}

TEST_F(EngineOverTcp, CertificatesThatCanNotBeReadAreInvalid) {
    const auto engine = make_docker_engine(blocking_, "tcp://127.0.0.1:2376", certificates_.path());
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::invalid);
    EXPECT_TRUE(engine.error().message.contains("ca.pem")) << engine.error().message;
}

}  // namespace
}  // namespace slipway::engine
