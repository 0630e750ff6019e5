#include "core/base/result.hpp"
#include "server/mirror/mirror.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/mirror/origin.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <pwd.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

// What libgit2 1.5.1 and libssh2 1.10 leak themselves: the list of known hosts and its file's path
// at each connection, and a packet that was cut off. They are built without frames, so no more can
// be named.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "leak:libssh2_\nleak:stdalloc__realloc\n";
}

namespace slipway::mirror {
namespace {

using std::chrono::seconds;
using test::Mirror;
using test::Origin;

constexpr std::string_view sshd = "/usr/sbin/sshd";

/// sshd as this user, with keys of its own. Skipped where OpenSSH's server is not installed.
class RefreshOverSsh : public testing::Test {
protected:
    void SetUp() override {
        std::error_code error;
        if (!std::filesystem::exists(sshd, error)) {
            GTEST_SKIP() << "needs " << sshd << " (package openssh-server)";
        }
        if (::getuid() == 0 && !std::filesystem::exists("/run/sshd", error) &&
            !std::filesystem::create_directory("/run/sshd", error)) {
            GTEST_SKIP() << "sshd needs the folder /run/sshd when root starts it";
        }
        make_key("host_key");
        make_key("user_key");
        std::filesystem::copy_file(folder_ / "user_key.pub", folder_ / "authorized_keys");
        write(
            "config",
            "HostKey " + file("host_key") + "\nAuthorizedKeysFile " + file("authorized_keys") +
                "\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\n"
        );
        server_.emplace(std::vector<std::string>{
            "python3",
            SLIPWAY_SOURCE_DIR "/tests/support/ssh_server.py",
            std::string(sshd),
            file("config")
        });
        port_ = server_->read_line();
        write(
            "known_hosts", "[127.0.0.1]:" + port_ + " " + test::read_text(folder_ / "host_key.pub")
        );
    }

    void make_key(const std::string& name) const {
        slipway::test::run(
            {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file(name)}
        );
    }

    void write(const std::string& name, std::string_view text) const {
        std::ofstream(file(name)) << text;
    }

    [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }

    [[nodiscard]] Remote remote(const std::string& path) const {
        return {
            .url = "ssh://" + std::string(::getpwuid(::getuid())->pw_name) + "@127.0.0.1:" + port_ +
                   path,
            .ssh_key_file = file("user_key"),
            .known_hosts_file = file("known_hosts"),
        };
    }

    static Error error_of(const Remote& remote) {
        const Mirror mirror;
        const auto done =
            refresh(mirror.folder(), remote, {}, {.total = seconds(20), .silent = seconds(5)});
        EXPECT_FALSE(done);
        return done ? Error{} : done.error();
    }

    slipway::test::TempFolder folder_;
    std::optional<slipway::test::Process> server_;
    std::string port_;
};

TEST_F(RefreshOverSsh, ClonesAndFollows) {
    Origin origin;
    const Mirror mirror;
    const auto first = origin.commit("main", "one");
    const auto cloned = refresh(mirror.folder(), remote(origin.path()), {});
    ASSERT_TRUE(cloned) << cloned.error().message;
    const auto second = origin.commit("main", "two", to_string(first));
    const auto followed = refresh(mirror.folder(), remote(origin.path()), {});
    ASSERT_TRUE(followed) << followed.error().message;
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(second));
}

TEST_F(RefreshOverSsh, KnowsAHashedHost) {
    Origin origin;
    const Mirror mirror;
    origin.commit("main", "one");
    slipway::test::run(
        {"sh", "-c", "ssh-keygen -H -f '" + file("known_hosts") + "' >/dev/null 2>&1"}
    );
    ASSERT_TRUE(test::read_text(file("known_hosts")).starts_with("|1|"));
    const auto done = refresh(mirror.folder(), remote(origin.path()), {});
    EXPECT_TRUE(done) << done.error().message;
}

TEST_F(RefreshOverSsh, RefusesAnUnknownHost) {
    const Origin origin;
    write("known_hosts", "");
    const Error error = error_of(remote(origin.path()));
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_TRUE(error.message.contains("ssh-ed25519 key of host '127.0.0.1' (SHA256:"))
        << error.message;
}

TEST_F(RefreshOverSsh, RefusesAHostWithAnotherKey) {
    const Origin origin;
    make_key("other_key");
    write("known_hosts", "[127.0.0.1]:" + port_ + " " + test::read_text(file("other_key.pub")));
    const Error error = error_of(remote(origin.path()));
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_TRUE(error.message.contains("is another one than")) << error.message;
}

TEST_F(RefreshOverSsh, IsDeniedAnUnknownKey) {
    const Origin origin;
    make_key("stranger_key");
    Remote stranger = remote(origin.path());
    stranger.ssh_key_file = file("stranger_key");
    const Error error = error_of(stranger);
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_TRUE(error.message.contains("refused the credentials")) << error.message;
}

TEST_F(RefreshOverSsh, IsDeniedAKeyWithAPassphrase) {
    const Origin origin;
    slipway::test::run(
        {"ssh-keygen", "-q", "-p", "-P", "", "-N", "passphrase", "-f", file("user_key")}
    );
    const Error error = error_of(remote(origin.path()));
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_TRUE(error.message.contains("passphrase")) << error.message;
}

TEST_F(RefreshOverSsh, SaysWhichFileIsMissing) {
    Remote without_key = remote("/x.git");
    without_key.ssh_key_file = file("nothing");
    EXPECT_EQ(error_of(without_key).code, ErrorCode::denied);
    EXPECT_TRUE(error_of(without_key).message.contains(file("nothing")));

    Remote without_hosts = remote("/x.git");
    without_hosts.known_hosts_file.clear();
    EXPECT_EQ(error_of(without_hosts).code, ErrorCode::denied);
    EXPECT_TRUE(error_of(without_hosts).message.contains("known_hosts_file"));
}

TEST_F(RefreshOverSsh, SaysThatARepositoryIsNotThere) {
    const Error error = error_of(remote("/no/such.git"));
    EXPECT_EQ(error.code, ErrorCode::not_found) << error.message;
}

TEST_F(RefreshOverSsh, AsksForAMissingCommitByItsId) {
    Origin origin;
    const auto lost = origin.commit("main", "lost");
    origin.commit("main", "new");
    const Mirror mirror;
    const auto refused = refresh(mirror.folder(), remote(origin.path()), {lost});
    ASSERT_TRUE(refused) << refused.error().message;
    ASSERT_FALSE(mirror.has(lost));

    origin.in({"config", "uploadpack.allowAnySHA1InWant", "true"});
    const auto unknown = *model::parse_object_id("1234567890123456789012345678901234567890");
    const auto done = refresh(mirror.folder(), remote(origin.path()), {unknown, lost});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(mirror.has(lost));
}

TEST_F(RefreshOverSsh, GivesUpAServerThatNeverAnswers) {
    write("authorized_keys", "command=\"cat >/dev/null\" " + test::read_text(file("user_key.pub")));
    const Origin origin;
    const Mirror mirror;
    const auto start = std::chrono::steady_clock::now();
    const auto done = refresh(
        mirror.folder(), remote(origin.path()), {}, {.total = seconds(20), .silent = seconds(1)}
    );
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(done.error().message.contains("no byte came for 1 s")) << done.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(6));
}

}  // namespace
}  // namespace slipway::mirror
