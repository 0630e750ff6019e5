#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/session/offer.hpp"
#include "tests/integration/engine/real_engine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>  // IWYU pragma: keep
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace slipway::engine {
namespace {

/// Every build is done with both builders.
class BothBuilders : public RealEngineTest, public ::testing::WithParamInterface<Builder> {
protected:
    Result<BuiltImage> build(const std::string& dockerfile, BuildRequest request = {}) {
        request.builder = GetParam();
        request.network_mode = "none";
        return build_with(dockerfile, std::move(request));
    }
};

INSTANTIATE_TEST_SUITE_P(
    Engine,
    BothBuilders,
    ::testing::Values(Builder::classic, Builder::buildkit),
    [](const auto& builder) { return builder.param == Builder::classic ? "Classic" : "Buildkit"; }
);

class Engine : public RealEngineTest {};

TEST_F(Engine, Answers) {
    const auto info = run(engine().ping());
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->os, "linux");
    EXPECT_FALSE(info->engine_version.empty());
    EXPECT_EQ(info->default_builder, Builder::buildkit);
}

TEST_P(BothBuilders, BuildFromScratchWithLabelsAndTags) {
    const auto built = build(
        "FROM scratch\nCOPY busybox /bin/busybox\n",
        {.tags = {local("scratch:1"), local("scratch:2")}, .labels = {{"team", "web & more"}}}
    );
    ASSERT_TRUE(built) << built.error().message;
    for (const std::string_view tag : {"scratch:1", "scratch:2"}) {
        const auto found = run(engine().inspect(local(tag)));
        ASSERT_TRUE(found) << found.error().message;
        const ImageInfo image = found->value_or(ImageInfo());
        EXPECT_EQ(image.id, built->id);
        EXPECT_TRUE(image.labels.contains("team") && image.labels.at("team") == "web & more");
    }
}

TEST_P(BothBuilders, StagesTargetAndBuildArguments) {
    const std::string dockerfile =
        "FROM scratch AS tools\nCOPY busybox /bin/busybox\n"
        "FROM tools AS made\nARG WORD=none\n"
        R"(RUN ["/bin/busybox","sh","-c","echo \"word is $WORD.\"; echo $WORD >/word"])"
        "\nFROM tools AS last\nCOPY --from=made /word /word\n";
    const auto made = build(
        dockerfile, {.target = "made", .build_args = {{"WORD", "a \"b\" &c"}}, .no_cache = true}
    );
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(logged("word is a \"b\" &c.")) << log();
    const auto last = build(dockerfile);
    ASSERT_TRUE(last) << last.error().message;
    EXPECT_NE(last->id, made->id);
}

TEST_P(BothBuilders, AFailingRunFails) {
    const auto built = build(
        "FROM scratch\nCOPY busybox /bin/busybox\n"
        R"(RUN ["/bin/busybox","sh","-c","echo connection refused; exit 7"])"
        "\n"
    );
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
    EXPECT_TRUE(built.error().message.contains("code: 7")) << built.error().message;
    EXPECT_TRUE(logged("connection refused"));
}

TEST_P(BothBuilders, ASyntaxErrorFails) {
    const auto built = build("FROM scratch\nFOO bar\n");
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed);
    EXPECT_TRUE(built.error().message.contains("FOO")) << built.error().message;
}

TEST_P(BothBuilders, AnUnknownTargetFails) {
    const auto built = build("FROM scratch\nCOPY busybox /b\n", {.target = "nowhere"});
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
}

TEST_P(BothBuilders, AMissingFileFails) {
    const auto built = build("FROM scratch\nCOPY unauthorized.html /x\n");
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
}

TEST_P(BothBuilders, AMissingBaseFails) {
    const std::string base = registry() + "/slipway-test/nowhere:1";
    const auto built = build("FROM " + base + "\nCOPY busybox /b\n");
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
}

TEST_P(BothBuilders, ABaseOfARegistryThatIsDownIsUnavailable) {
    const auto built = build("FROM 127.0.0.1:9/nowhere:1\nCOPY busybox /b\n");
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::unavailable) << built.error().message;
}

TEST_P(BothBuilders, AnAnswerInMidUploadIsRead) {
    const std::string junk(1024UL * 1024, 'x');
    int pieces = 0;
    const auto built = run(engine().build(
        {.dockerfile = "missing", .builder = GetParam()},
        [&junk, &pieces]() -> Result<std::string> { return ++pieces < 64 ? junk : ""; },
        sink(),
        limits
    ));
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
}

TEST_P(BothBuilders, CancellingStopsTheRun) {
    const std::string mark =
        "sleep 4" + std::to_string(::getpid());  // seen in the list of processes
    const std::string dockerfile =
        "FROM scratch\nCOPY busybox /bin/busybox\n"
        R"(RUN ["/bin/busybox","sh","-c","echo begun; )" +
        mark + "\"]\n";
    std::optional<Result<BuiltImage>> built;
    net::cancellation_signal cancel;
    const BuildRequest request{.network_mode = "none", .builder = GetParam(), .no_cache = true};
    net::co_spawn(
        context_,
        engine().build(request, context_of(dockerfile), sink(), limits),
        net::bind_cancellation_slot(
            cancel.slot(),
            [&built](const std::exception_ptr&, Result<BuiltImage> result) {
                built = std::move(result);
            }
        )
    );
    ASSERT_TRUE(run_until([this, &mark] { return logged("begun") && process_runs(mark); }))
        << log();
    cancel.emit(net::cancellation_type::terminal);
    ASSERT_TRUE(run_until([&built] { return built.has_value(); }));
    const auto ended = built.value_or(BuiltImage());
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::cancelled) << ended.error().message;
    EXPECT_TRUE(run_until([&mark] { return !process_runs(mark); }));
}

TEST_P(BothBuilders, SilenceStopsTheRun) {
    limits.silent = std::chrono::seconds(2);
    const auto built = build(
        "FROM scratch\nCOPY busybox /bin/busybox\n"
        R"(RUN ["/bin/busybox","sh","-c","echo begun; sleep 60"])"
        "\n",
        {.no_cache = true}
    );
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::cancelled);
    EXPECT_TRUE(built.error().message.contains("said nothing")) << built.error().message;
}

TEST_P(BothBuilders, PushKnowsTheRegistrysDigest) {
    const std::string name = "slipway-test/push";
    const std::string reference = registry() + "/" + name + ":1";
    const auto built = build("FROM scratch\nCOPY busybox /bin/busybox\n", {.tags = {reference}});
    ASSERT_TRUE(built) << built.error().message;
    for (int time = 0; time < 2; ++time) {  // the second time all layers are there already
        const auto pushed = run(engine().push(reference, {}, sink(), limits));
        ASSERT_TRUE(pushed) << pushed.error().message;
        EXPECT_EQ(pushed->digest, registry_digest(registry(), name, "1"));
    }
}

TEST_F(Engine, TagsAndPushesOneTagOnly) {
    const auto built = build_with("FROM scratch\nCOPY busybox /one\n", {.network_mode = "none"});
    ASSERT_TRUE(built) << built.error().message;
    const std::string name = "slipway-test/one" + std::to_string(::getpid());
    for (const std::string_view tag : {"1", "2"}) {
        const auto tagged =
            run(engine().tag(built->id, registry() + "/" + name + ":" + std::string(tag)));
        ASSERT_TRUE(tagged) << tagged.error().message;
    }
    ASSERT_TRUE(run(engine().push(registry() + "/" + name + ":1", {}, sink(), limits)));
    EXPECT_NE(registry_digest(registry(), name, "1"), "");
    EXPECT_EQ(registry_digest(registry(), name, "2"), "");
}

TEST_F(Engine, PushOfAnUnknownTagIsNotFound) {
    const auto pushed = run(engine().push(registry() + "/slipway-test/none:1", {}, sink(), limits));
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, ErrorCode::not_found) << pushed.error().message;
}

TEST_F(Engine, PushToARegistryThatIsDownIsUnavailable) {
    const std::string reference = "127.0.0.1:9/slipway-test/down:1";
    ASSERT_TRUE(build_with("FROM scratch\nCOPY busybox /b\n", {.tags = {reference}}));
    const auto pushed = run(engine().push(reference, {}, sink(), limits));
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, ErrorCode::unavailable) << pushed.error().message;
}

TEST_F(Engine, TagOfAnUnknownImageIsNotFound) {
    const auto tagged = run(engine().tag("sha256:" + std::string(64, '0'), local("x:1")));
    ASSERT_FALSE(tagged);
    EXPECT_EQ(tagged.error().code, ErrorCode::not_found) << tagged.error().message;
}

TEST_P(BothBuilders, RemovesAnImageWithItsLastName) {
    const auto built = build(
        "FROM scratch\nCOPY busybox /bin/busybox\n", {.tags = {local("gone:1"), local("gone:2")}}
    );
    ASSERT_TRUE(built) << built.error().message;
    for (const std::string_view tag : {"gone:1", "gone:2", "gone:2"}) {
        const auto removed = run(engine().remove(local(tag)));
        EXPECT_TRUE(removed) << removed.error().message;
        EXPECT_FALSE(run(engine().inspect(local(tag))).value());
    }
}

TEST_F(Engine, TellsWhatItUsesAndPrunesNothingThatIsYoung) {
    const auto used = run(engine().disk_usage());
    ASSERT_TRUE(used) << used.error().message;
    EXPECT_GT(*used, 0U);
    const auto freed = run(engine().prune_cache({.unused_for = std::chrono::hours(24 * 365)}));
    ASSERT_TRUE(freed) << freed.error().message;
    EXPECT_EQ(*freed, 0U);
}

TEST_F(Engine, InspectOfAnAbsentImageIsNothing) {
    const auto image = run(engine().inspect(local("absent:1")));
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_FALSE(*image);
}

/// With a registry that wants a user and a password.
class PrivateRegistry : public RealEngineTest {
protected:
    void SetUp() override {
        RealEngineTest::SetUp();
        if (private_registry().empty()) {
            GTEST_SKIP(
            ) << "SLIPWAY_TEST_REGISTRY_AUTH is not set: no private registry to test with";
        }
    }
};

TEST_F(PrivateRegistry, PushAndPullWithCredentials) {
    const std::string reference = private_registry() + "/slipway-test/private:1";
    ASSERT_TRUE(build_with("FROM scratch\nCOPY busybox /private\n", {.tags = {reference}}));
    const auto pushed = run(engine().push(reference, right_credentials(), sink(), limits));
    ASSERT_TRUE(pushed) << pushed.error().message;
    const auto pulled = run(engine().pull(
        private_registry() + "/slipway-test/private@" + pushed->digest,
        "",
        right_credentials(),
        sink(),
        limits
    ));
    EXPECT_TRUE(pulled) << pulled.error().message;
    const auto refused = run(engine().pull(reference, "", {}, sink(), limits));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::denied) << refused.error().message;
}

// The image is in the registry only: the engine knows it by the registry's other name.
TEST_F(PrivateRegistry, ABaseThatWasNotPulledIsFetchedWithTheSessionsCredentials) {
    const std::string port = private_registry().substr(private_registry().find(':'));
    const std::string name = "/slipway-test/base" + std::to_string(::getpid()) + ":1";
    const std::string reference = private_registry() + name;
    ASSERT_TRUE(build_with("FROM scratch\nCOPY busybox /private\n", {.tags = {reference}}));
    const auto pushed = run(engine().push(reference, right_credentials(), sink(), limits));
    ASSERT_TRUE(pushed) << pushed.error().message;
    const std::string dockerfile = "FROM localhost" + port + name + "\nCOPY busybox /b\n";
    std::string asked;
    const Session session{
        .credentials = [&asked](std::string registry) -> net::awaitable<Result<Credentials>> {
            asked = std::move(registry);
            co_return right_credentials();
        }
    };
    const auto anonymous = build_with(dockerfile, {.builder = Builder::buildkit});
    ASSERT_FALSE(anonymous);
    EXPECT_EQ(anonymous.error().code, ErrorCode::denied) << anonymous.error().message;
    const auto built = build_with(dockerfile, {.builder = Builder::buildkit, .session = session});
    ASSERT_TRUE(built) << built.error().message << log();
    EXPECT_EQ(asked, "localhost" + port);
}

TEST_F(PrivateRegistry, ABaseWhoseCredentialsCanNotBeHadForNowIsUnavailable) {
    const Session session{.credentials = [](std::string) -> net::awaitable<Result<Credentials>> {
        co_return fail(ErrorCode::unavailable, "the helper is away");
    }};
    const auto built = build_with(
        "FROM " + private_registry() + "/slipway-test/never-pulled:1\nCOPY busybox /b\n",
        {.builder = Builder::buildkit, .session = session}
    );
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::unavailable) << built.error().message;
    EXPECT_TRUE(built.error().message.contains("the helper is away")) << built.error().message;
}

TEST_F(PrivateRegistry, PullOfAnUnknownTagIsNotFound) {
    const auto pulled = run(engine().pull(
        private_registry() + "/slipway-test/none:1", "", right_credentials(), sink(), limits
    ));
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().code, ErrorCode::not_found) << pulled.error().message;
}

TEST_F(PrivateRegistry, WrongAndMissingCredentialsAreDenied) {
    const std::string reference = private_registry() + "/slipway-test/denied:1";
    ASSERT_TRUE(build_with("FROM scratch\nCOPY busybox /denied\n", {.tags = {reference}}));
    const Credentials wrong{.username = "slipway", .password = "wrong"};
    for (const Credentials& credentials : {wrong, Credentials()}) {
        const auto pushed = run(engine().push(reference, credentials, sink(), limits));
        ASSERT_FALSE(pushed);
        EXPECT_EQ(pushed.error().code, ErrorCode::denied) << pushed.error().message;
        EXPECT_FALSE(pushed.error().message.contains("wrong"));
    }
}

}  // namespace
}  // namespace slipway::engine
