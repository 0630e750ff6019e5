#include "core/base/result.hpp"
#include "server/registry/digest.hpp"
#include "server/registry/registry_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::registry {
namespace {

using namespace std::chrono_literals;
using Found = Result<std::optional<std::string>>;

const std::string digest = sha256_digest("");

// Two authorities, `ours` and `theirs`, and a server's certificate for `localhost` by ours.
class RegistryOverTls : public testing::Test {
protected:
    static void SetUpTestSuite() {
        folder = std::make_unique<test::TempFolder>();
        make("ours", {"-subj", "/CN=ours"});
        make("theirs", {"-subj", "/CN=theirs"});
        make(
            "server",
            {"-subj",
             "/CN=server",
             "-addext",
             "subjectAltName=DNS:localhost",
             "-CA",
             pem("ours"),
             "-CAkey",
             key("ours")}
        );
    }

    static void TearDownTestSuite() { folder.reset(); }

    static std::string pem(std::string_view name) { return (*folder / name).string() + ".pem"; }

    static std::string key(std::string_view name) { return (*folder / name).string() + ".key"; }

    static void make(std::string_view name, const std::vector<std::string>& options) {
        std::vector<std::string> command{
            "sh",
            "-c",
            R"(exec openssl "$@" 2>&1)",
            "sh",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            key(name),
            "-out",
            pem(name)
        };
        command.insert(command.end(), options.begin(), options.end());
        test::run(command);
    }

    Found find(const std::string& host, const RegistryAccess& access) {
        const std::string domain = host + ":" + server.port();
        RegistryClient client({{domain, access}}, {.total = 20s});
        return test::run_coroutine(
            client.find_digest({.domain = domain, .path = "team/app", .tag = "1", .digest = ""}, {})
        );
    }

    void expect_failure(
        const std::string& host, const std::filesystem::path& ca_file, std::string_view words
    ) {
        const Found found = find(host, {.ca_file = ca_file});
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, ErrorCode::failed);
        EXPECT_TRUE(found.error().message.contains(words)) << found.error().message;
        EXPECT_EQ(server.requests().size(), 0U);
    }

    static inline std::unique_ptr<test::TempFolder> folder;
    test::ScriptedRegistry server{pem("server"), key("server")};
};

TEST_F(RegistryOverTls, IsTrustedByTheAuthorityOfItsCaFile) {
    server.on("HEAD ", {test::http_answer("200 OK", {"Docker-Content-Digest: " + digest})});
    const Found found = find("localhost", {.ca_file = pem("ours")});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, digest);
}

TEST_F(RegistryOverTls, HashesABodyAndSignsInThereToo) {
    server.on(
        "HEAD ",
        {test::http_answer(
             "401 Unauthorized",
             {R"(WWW-Authenticate: Bearer realm="https://localhost:)" + server.port() + R"(/token")"
             }
         ),
         test::http_answer("200 OK", {})}
    );
    server.on("GET /token", {test::http_answer("200 OK", {}, R"({"token":"x"})")});
    server.on("GET /v2/", {test::http_answer("200 OK", {})});
    const Found found = find("localhost", {.ca_file = pem("ours")});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, digest);
}

TEST_F(RegistryOverTls, IsUnavailableWhereTheAnswerIsCutShort) {
    server.on("HEAD ", {"HTTP/1.1 200 OK\r\nDocker"});
    const Found found = find("localhost", {.ca_file = pem("ours")});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::unavailable) << found.error().message;
}

TEST_F(RegistryOverTls, IsNotTrustedByAnotherAuthority) {
    expect_failure("localhost", pem("theirs"), "certificate is not trusted: ");
}

TEST_F(RegistryOverTls, IsNotTrustedUnderAnotherName) {
    expect_failure("127.0.0.1", pem("ours"), "certificate is not trusted: hostname mismatch");
}

TEST_F(RegistryOverTls, IsNotAskedWhereTheCaFileCanNotBeRead) {
    expect_failure("localhost", pem("missing"), pem("missing"));
    std::ofstream(pem("broken")) << "no certificate";
    expect_failure("localhost", pem("broken"), pem("broken"));
}

TEST_F(RegistryOverTls, FailsWherePlainHttpAnswers) {
    const test::ScriptedRegistry plain;
    const std::string domain = "localhost:" + plain.port();
    RegistryClient client({{domain, {.ca_file = pem("ours")}}}, {.total = 20s});
    const Found found = test::run_coroutine(
        client.find_digest({.domain = domain, .path = "app", .tag = "1", .digest = ""}, {})
    );
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::unavailable) << found.error().message;
}

}  // namespace
}  // namespace slipway::registry
