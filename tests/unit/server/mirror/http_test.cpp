#include "core/base/result.hpp"
#include "core/git/transports.hpp"
#include "core/model/object_id.hpp"
#include "server/mirror/mirror.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/mirror/origin.hpp"

#include <git2.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::mirror {
namespace {

using std::chrono::seconds;
using test::Mirror;
using test::Origin;

constexpr std::string_view token = "glpat-s3cr3t";
constexpr FetchLimits impatient = {.total = seconds(20), .silent = seconds(1)};
constexpr FetchLimits patient = {.total = seconds(60), .silent = seconds(30)};

/// Serves an origin over http until it is destroyed.
class Server {
public:
    explicit Server(const Origin& origin, std::vector<std::string> options = {})
        : process_(command(origin, log_file(), std::move(options))), port_(process_.read_line()) {}

    [[nodiscard]] std::string url(std::string_view path = "/origin.git") const {
        return "http://127.0.0.1:" + port_ + std::string(path);
    }

    [[nodiscard]] const std::string& port() const { return port_; }

    /// How many requests came with such credentials: `token`, `wrong`, `none`.
    [[nodiscard]] int requests(std::string_view credentials) const {
        std::istringstream log(test::read_text(log_file()));
        int count = 0;
        for (std::string line; std::getline(log, line);) {
            count += line.contains(" " + std::string(credentials) + " ") ? 1 : 0;
        }
        return count;
    }

private:
    [[nodiscard]] std::string log_file() const { return folder_ / "log"; }

    static std::vector<std::string> command(
        const Origin& origin, const std::string& log, std::vector<std::string> options
    ) {
        std::vector<std::string> words = {
            "python3", SLIPWAY_SOURCE_DIR "/tests/support/git_http_server.py", origin.root(), log
        };
        words.insert(words.end(), options.begin(), options.end());
        return words;
    }

    slipway::test::TempFolder folder_;
    slipway::test::Process process_;
    std::string port_;
};

std::vector<std::string> with_token() {
    return {"--token", std::string(token)};
}

Error error_of(const std::string& url, std::string_view with = {}, FetchLimits limits = patient) {
    const Mirror mirror;
    const auto done =
        refresh(mirror.folder(), {.url = url, .token = std::string(with)}, {}, limits);
    EXPECT_FALSE(done) << "expected an error from " << url;
    return done ? Error{} : done.error();
}

/// A listening socket that nobody accepts from: the kernel connects, and nothing ever answers.
class SilentServer {
public:
    SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_, raw, size), 0);
        EXPECT_EQ(::listen(socket_, 8), 0);
        EXPECT_EQ(::getsockname(socket_, raw, &size), 0);
        port_ = ntohs(address.sin_port);
    }

    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    SilentServer(SilentServer&&) = delete;
    SilentServer& operator=(SilentServer&&) = delete;

    ~SilentServer() { ::close(socket_); }

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    int socket_;
    int port_ = 0;
};

TEST(RefreshOverHttp, ClonesAndFollows) {
    Origin origin;
    const Mirror mirror;
    const Server server(origin);
    const auto first = origin.commit("main", "one");
    origin.commit("gone", "two");
    origin.in({"tag", "-a", "v1", "-m", "first", to_string(first)});
    const auto cloned = refresh(mirror.folder(), {.url = server.url()}, {});
    ASSERT_TRUE(cloned) << cloned.error().message;
    EXPECT_EQ(mirror.git({"rev-parse", "v1^{commit}"}), to_string(first));
    EXPECT_EQ(mirror.git({"symbolic-ref", "HEAD"}), "refs/heads/main");

    const auto forced = origin.commit("main", "three");
    origin.in({"update-ref", "-d", "refs/heads/gone"});
    origin.in({"tag", "-d", "v1"});
    const auto followed = refresh(mirror.folder(), {.url = server.url()}, {first});
    ASSERT_TRUE(followed) << followed.error().message;
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(forced));
    EXPECT_TRUE(mirror.has(first));
}

TEST(RefreshOverHttp, MirrorsAnEmptyRepository) {
    const Origin origin;
    const Mirror mirror;
    const Server server(origin);
    const auto done = refresh(mirror.folder(), {.url = server.url()}, {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(mirror.references(), "");
}

TEST(RefreshOverHttp, OffersTheTokenWhenAskedTo) {
    Origin origin;
    const Mirror mirror;
    const Server server(origin, with_token());
    const auto first = origin.commit("main", "one");
    const Remote remote = {.url = server.url(), .token = std::string(token)};
    const auto done = refresh(mirror.folder(), remote, {});
    ASSERT_TRUE(done) << done.error().message;
    const auto tip = origin.commit("main", "two", to_string(first));
    ASSERT_TRUE(refresh(mirror.folder(), remote, {}));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
    EXPECT_FALSE(mirror.git({"config", "--list"}).contains(token));
}

TEST(RefreshOverHttp, IsDeniedAWrongTokenOnce) {
    Origin origin;
    const Server server(origin, with_token());
    origin.commit("main", "one");
    const Error error = error_of(server.url(), "glpat-wr0ng");
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_TRUE(error.message.contains("refused the credentials")) << error.message;
    EXPECT_FALSE(error.message.contains("glpat-wr0ng")) << error.message;
    EXPECT_EQ(server.requests("wrong"), 1);
}

TEST(RefreshOverHttp, IsDeniedWithoutAToken) {
    const Origin origin;
    const Server server(origin, with_token());
    const Error error = error_of(server.url());
    EXPECT_EQ(error.code, ErrorCode::denied);
    EXPECT_TRUE(error.message.contains("none that it takes are configured")) << error.message;
}

TEST(RefreshOverHttp, SaysThatARepositoryIsNotThere) {
    const Origin origin;
    const Server server(origin, with_token());
    const Error error = error_of(server.url("/other.git"), token);
    EXPECT_EQ(error.code, ErrorCode::not_found) << error.message;
    EXPECT_TRUE(error.message.contains("/other.git")) << error.message;
}

TEST(RefreshOverHttp, ClassifiesStatusesByWhatToDoAboutThem) {
    const Origin origin;
    const std::vector<std::pair<std::string, ErrorCode>> cases = {
        {"403", ErrorCode::denied},
        {"404", ErrorCode::not_found},
        {"429", ErrorCode::unavailable},
        {"500", ErrorCode::unavailable},
        {"503", ErrorCode::unavailable},
        {"200", ErrorCode::unavailable},  // and no content type
    };
    for (const auto& [status, code] : cases) {
        const Server server(origin, {"--status", status});
        const Error error = error_of(server.url());
        EXPECT_EQ(error.code, code) << status << ": " << error.message;
    }
}

TEST(RefreshOverHttp, DoesNotCarryTheTokenToAnotherHost) {
    Origin origin;
    origin.commit("main", "one");
    const Server other(origin);
    const Server server(
        origin,
        {"--status",
         "302",
         "--location",
         "http://localhost:" + other.port() + "/origin.git/info/refs"}
    );
    const Error error = error_of(server.url(), token);
    EXPECT_EQ(error.code, ErrorCode::invalid) << error.message;
    EXPECT_EQ(other.requests("none") + other.requests("wrong"), 0);
}

TEST(RefreshOverHttp, FollowsARedirectWithinTheHost) {
    Origin origin;
    const auto tip = origin.commit("main", "one");
    const Mirror mirror;
    const Server other(origin);
    const Server server(
        origin,
        {"--status", "301", "--location", other.url("/origin.git/info/refs?service=git-upload-pack")
        }
    );
    const auto done = refresh(mirror.folder(), {.url = server.url("/renamed")}, {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(RefreshOverHttp, AsksForAMissingCommitByItsId) {
    Origin origin;
    const auto lost = origin.commit("main", "lost");
    const auto tip = origin.commit("main", "new");
    origin.in({"config", "uploadpack.allowAnySHA1InWant", "true"});
    const Server server(origin, with_token());
    const Mirror mirror;
    const Remote remote = {.url = server.url(), .token = std::string(token)};
    ASSERT_TRUE(refresh(mirror.folder(), remote, {}));
    ASSERT_FALSE(mirror.has(lost));

    const auto done = refresh(mirror.folder(), remote, {lost});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(mirror.has(lost));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(RefreshOverHttp, DoesNotAskForACommitThatIsThere) {
    Origin origin;
    const auto tip = origin.commit("main", "one");
    const Server server(origin);
    const Mirror mirror;
    ASSERT_TRUE(refresh(mirror.folder(), {.url = server.url()}, {}));
    const int before = server.requests("none");
    ASSERT_TRUE(refresh(mirror.folder(), {.url = server.url()}, {tip, model::ObjectId{}}));
    EXPECT_EQ(server.requests("none"), before + 1);  // the list of branches
}

TEST(RefreshOverHttp, AsksForEveryMissingCommitWhileCloning) {
    Origin origin;
    const auto lost = origin.commit("main", "lost");
    const auto lost_too = origin.commit("main", "lost too");
    origin.commit("main", "new");
    origin.in({"config", "uploadpack.allowAnySHA1InWant", "true"});
    const Server server(origin);
    const Mirror mirror;
    const auto nowhere = *model::parse_object_id("1234567890123456789012345678901234567890");
    const auto done = refresh(mirror.folder(), {.url = server.url()}, {lost, nowhere, lost_too});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(mirror.has(lost));
    EXPECT_TRUE(mirror.has(lost_too));
    EXPECT_FALSE(mirror.has(nowhere));
}

TEST(RefreshOverHttp, IsContentWithWhatARemoteThatGivesNoIdsHas) {
    Origin origin;
    const auto lost = origin.commit("main", "lost");
    const auto tip = origin.commit("main", "new");
    const Server server(origin);
    const Mirror mirror;
    const auto done = refresh(mirror.folder(), {.url = server.url()}, {lost});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(mirror.has(lost));
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(RefreshOverHttp, GivesUpAServerThatNeverAnswers) {
    const SilentServer server;
    for (const std::string scheme : {"http", "https"}) {
        const auto start = std::chrono::steady_clock::now();
        const Error error = error_of(scheme + "://" + server.address() + "/x.git", {}, impatient);
        EXPECT_EQ(error.code, ErrorCode::unavailable);
        EXPECT_TRUE(error.message.contains("no byte came for 1 s")) << error.message;
        EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
    }
}

TEST(RefreshOverHttp, GivesUpAServerThatAnswersForEver) {
    const Origin origin;
    const Server server(origin, {"--drip"});
    const Error error = error_of(server.url(), {}, {.total = seconds(1), .silent = seconds(1)});
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("longer than 1 s")) << error.message;
}

TEST(RefreshOverHttp, SaysThatNobodyListens) {
    const Error error = error_of("http://127.0.0.1:1/x.git");
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("Connection refused")) << error.message;
}

TEST(RefreshOverHttp, SaysThatAHostIsUnknown) {
    const Error error = error_of("http://no-such-host.invalid/x.git");
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("no-such-host.invalid")) << error.message;
}

TEST(RefreshOverHttp, ShowsNoCredentialsOfTheAddress) {
    const Error error = error_of("http://me:hunter2@127.0.0.1:1/x.git");
    EXPECT_FALSE(error.message.contains("hunter2")) << error.message;
}

/// A key and a certificate for `localhost` that signs itself.
std::string make_certificate(const slipway::test::TempFolder& folder) {
    std::string file = folder / "server.pem";
    slipway::test::run(
        {"sh",
         "-c",
         "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
         "subjectAltName=DNS:localhost -keyout '" +
             file + ".key' -out '" + file + ".crt' 2>/dev/null && cat '" + file + ".key' '" + file +
             ".crt' >'" + file + "'"}
    );
    return file;
}

TEST(RefreshOverHttps, RefusesAnUnknownCertificateAndTakesAKnownOne) {
    Origin origin;
    const auto tip = origin.commit("main", "one");
    const slipway::test::TempFolder folder;
    const std::string certificate = make_certificate(folder);
    const Server server(origin, {"--token", std::string(token), "--certificate", certificate});
    const std::string url = "https://localhost:" + server.port() + "/origin.git";
    const Error error = error_of(url, token);
    EXPECT_EQ(error.code, ErrorCode::denied) << error.message;
    EXPECT_TRUE(error.message.contains("certificate")) << error.message;
    EXPECT_EQ(server.requests("token"), 0);

    const Mirror mirror;
    ASSERT_TRUE(git::start_transports());
    git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, (certificate + ".crt").c_str(), nullptr);
    const auto done = refresh(mirror.folder(), {.url = url, .token = std::string(token)}, {});
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(mirror.references(), "refs/heads/main " + to_string(tip));
}

TEST(ListBranchesOverHttp, NamesTheTips) {
    Origin origin;
    const auto tip = origin.commit("main", "one");
    const Server server(origin, with_token());
    const auto branches = list_branches({.url = server.url(), .token = std::string(token)});
    ASSERT_TRUE(branches) << branches.error().message;
    ASSERT_EQ(branches->size(), 1U);
    EXPECT_EQ(branches->at("refs/heads/main"), tip);
}

TEST(ListBranchesOverHttp, IsDeniedAWrongToken) {
    const Origin origin;
    const Server server(origin, with_token());
    const auto branches = list_branches({.url = server.url(), .token = "wrong"});
    ASSERT_FALSE(branches);
    EXPECT_EQ(branches.error().code, ErrorCode::denied);
}

TEST(ListBranchesOverHttp, GivesUpAServerThatNeverAnswers) {
    const SilentServer server;
    const auto branches =
        list_branches({.url = "http://" + server.address() + "/x.git"}, impatient);
    ASSERT_FALSE(branches);
    EXPECT_EQ(branches.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::mirror
