#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/session/offer.hpp"
#include "tests/integration/engine/real_engine.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace slipway::engine {
namespace {

/// With BuildKit, and what it may ask for while it builds.
class InSession : public RealEngineTest {
protected:
    Result<BuiltImage> build(const std::string& dockerfile, Session session) {
        return build_with(
            dockerfile,
            {.network_mode = "none",
             .builder = Builder::buildkit,
             .no_cache = true,
             .session = std::move(session)}
        );
    }

    static std::string run_with(const std::string& mount, const std::string& command) {
        return "FROM scratch\nCOPY busybox /bin/busybox\nRUN --mount=" + mount +
               R"( ["/bin/busybox","sh","-c",")" + command + "\"]\n";
    }
};

TEST_F(InSession, ARequiredSecretReachesTheRun) {
    const auto built = build(
        run_with(
            "type=secret,id=token,required=true",
            "[ $(/bin/busybox cat /run/secrets/token) = s3cret-1 ] && echo it is right"
        ),
        {.secrets = {{"token", "s3cret-1"}, {"token2", "other"}}}
    );
    ASSERT_TRUE(built) << built.error().message << log();
    EXPECT_TRUE(logged("it is right")) << log();
}

TEST_F(InSession, ALargeSecretIsWhole) {
    const auto built = build(
        run_with(
            "type=secret,id=large,required=true",
            "[ $(/bin/busybox stat -c %s /run/secrets/large) = 512000 ]"
        ),
        {.secrets = {{"large", std::string(session::largest_secret, 'x')}}}
    );
    EXPECT_TRUE(built) << built.error().message << log();
}

TEST_F(InSession, AnOptionalSecretMayBeMissing) {
    const auto built =
        build(run_with("type=secret,id=none", "[ ! -e /run/secrets/none ] && echo no secret"), {});
    ASSERT_TRUE(built) << built.error().message << log();
    EXPECT_TRUE(logged("no secret")) << log();
}

TEST_F(InSession, AMissingSecretThatIsRequiredFails) {
    const auto built = build(
        run_with("type=secret,id=none,required=true", "true"), {.secrets = {{"non", "s3cret-1"}}}
    );
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
    EXPECT_TRUE(built.error().message.contains("none")) << built.error().message;
    EXPECT_FALSE(built.error().message.contains("s3cret-1"));
}

// The engine ends a session whose health it can't check: 20.10 after a second, newer ones after
// ten.
TEST_F(InSession, TheSessionOutlivesALongRun) {
    const auto built = build(
        run_with("type=secret,id=token", "/bin/busybox sleep 12") +
            R"(RUN --mount=type=secret,id=token,required=true ["/bin/busybox","cat","/run/secrets/token"])"
            "\n",
        {.secrets = {{"token", "shown"}}}
    );
    ASSERT_TRUE(built) << built.error().message << log();
    EXPECT_TRUE(logged("shown")) << log();
}

TEST_F(InSession, ManyRunsAtOnceShareIt) {
    std::string dockerfile = "FROM scratch AS tools\nCOPY busybox /bin/busybox\n";
    std::string last = "FROM scratch\n";
    for (int i = 0; i < 8; ++i) {
        const std::string name = "s" + std::to_string(i);
        dockerfile += "FROM tools AS " + name + "\nRUN --mount=type=secret,id=" + name +
                      R"(,required=true ["/bin/busybox","cp","/run/secrets/)" + name + R"(","/)" +
                      name + "\"]\n";
        last += "COPY --from=" + name + " /" + name + " /\n";
    }
    Session session;
    for (int i = 0; i < 8; ++i) {
        session.secrets["s" + std::to_string(i)] = std::string(60'000, 'x');
    }
    const auto built = build(dockerfile + last, std::move(session));
    EXPECT_TRUE(built) << built.error().message << log();
}

/// With an agent that has one key, and a context with ssh-add and all that it is linked to.
class InSessionWithAgent : public InSession {
protected:
    InSessionWithAgent() {
        test::run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the-key", "-f", key_});
        EXPECT_EQ(agent_.read_line(), "ready");
        test::run({"env", "SSH_AUTH_SOCK=" + socket_, "ssh-add", "-q", key_});
    }

    [[nodiscard]] ContextSource context_with_ssh_add(const std::string& dockerfile) const {
        std::string tar = tar_entry("Dockerfile", dockerfile, "0000644");
        std::istringstream libraries(
            test::run({"sh", "-c", "ldd /usr/bin/ssh-add | grep -o '/[^ ]*'"})
        );
        std::string path = "/usr/bin/ssh-add";
        do {
            tar += tar_entry("root" + path, content(path), "0000755");
        } while (std::getline(libraries, path));
        tar += tar_entry("root/bin/busybox", content("/bin/busybox"), "0000755");
        tar += tar_entry("root/key.pub", content(key_ + ".pub"), "0000644");
        tar += std::string(1024, '\0');
        return [tar = std::move(tar), at = std::size_t{0}]() mutable -> Result<std::string> {
            std::string piece = tar.substr(std::min(at, tar.size()), 60000);
            at += piece.size();
            return piece;
        };
    }

    Result<BuiltImage> build_asking(const std::string& command, Session session) {
        const std::string dockerfile =
            "FROM scratch\nCOPY root /\nRUN --mount=type=ssh,required=true "
            R"(["/bin/busybox","sh","-c",")" +
            command + "\"]\n";
        BuildRequest request{
            .network_mode = "none",
            .builder = Builder::buildkit,
            .no_cache = true,
            .session = std::move(session)
        };
        ContextSource tar = context_with_ssh_add(dockerfile);
        return run(engine().build(std::move(request), std::move(tar), sink(), limits));
    }

    static std::string content(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    test::TempFolder folder_;
    std::string key_ = (folder_ / "key").string();
    std::string socket_ = (folder_ / "agent.sock").string();
    test::Process agent_{{"ssh-agent", "-a", socket_, "sh", "-c", "echo ready; exec cat >/dev/null"}
    };
};

TEST_F(InSessionWithAgent, ARunListsKeysAndSignsButChangesNothing) {
    const auto built = build_asking(
        "ssh-add -l && ssh-add -T /key.pub && echo signed; ssh-add -D || echo refused; ssh-add -l",
        {.ssh_agents = {{"default", socket_}}}
    );
    ASSERT_TRUE(built) << built.error().message << log();
    EXPECT_TRUE(logged("the-key")) << log();
    EXPECT_TRUE(logged("signed")) << log();
    EXPECT_TRUE(logged("refused")) << log();
}

TEST_F(InSessionWithAgent, AnotherIdFails) {
    const auto built = build_asking("true", {.ssh_agents = {{"work", socket_}}});
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, ErrorCode::failed) << built.error().message;
    EXPECT_TRUE(built.error().message.contains("default")) << built.error().message;
}

}  // namespace
}  // namespace slipway::engine
