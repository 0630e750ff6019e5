#include "server/registry/credentials.hpp"

#include "core/base/result.hpp"
#include "core/wire/base64.hpp"
#include "server/base/credentials.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace slipway::registry {
namespace {

class FindCredentials : public ::testing::Test {
protected:
    void config(std::string_view json) const { std::ofstream(folder_ / "config.json") << json; }

    /// A config with one entry, whose `auth` is base64 of `user_and_password`.
    void auth(std::string_view key, std::string_view user_and_password) const {
        config(
            R"({"auths":{")" + std::string(key) + R"(":{"auth":")" +
            wire::base64_encode(user_and_password) + R"("}}})"
        );
    }

    [[nodiscard]] Result<Credentials> find(std::string_view registry) const {
        return CredentialSource(folder_.path(), clock_).find(registry);
    }

    test::TempFolder folder_;
    test::ManualClock clock_;
};

TEST_F(FindCredentials, NoFileIsAnonymous) {
    ASSERT_TRUE(find("r.example"));
    EXPECT_TRUE(find("r.example")->empty());
}

TEST_F(FindCredentials, NoFolderIsAnonymous) {
    for (const std::filesystem::path& folder : {folder_ / "none", std::filesystem::path()}) {
        const auto found = CredentialSource(folder, clock_).find("r.example");
        ASSERT_TRUE(found);
        EXPECT_TRUE(found->empty());
    }
}

TEST_F(FindCredentials, NoEntryIsAnonymous) {
    auth("other.example", "u:p");
    ASSERT_TRUE(find("r.example"));
    EXPECT_TRUE(find("r.example")->empty());
    config("{}");
    EXPECT_TRUE(find("r.example")->empty());
}

TEST_F(FindCredentials, SplitsAtTheFirstColon) {
    auth("r.example:5000", "user:pass:word");
    const auto found = find("r.example:5000");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->username, "user");
    EXPECT_EQ(found->password, "pass:word");
    EXPECT_EQ(found->server_address, "r.example:5000");
}

TEST_F(FindCredentials, APortIsPartOfTheName) {
    auth("r.example:5000", "u:p");
    EXPECT_TRUE(find("r.example")->empty());
}

TEST_F(FindCredentials, ReadsTheStandardAlphabet) {
    config(R"({"auths":{"r.example":{"auth":"dTo+Pj4/Pz8="}}})");
    EXPECT_EQ(find("r.example").value().password, ">>>???");
}

TEST_F(FindCredentials, TrailingNulsAreNoPartOfThePassword) {
    auth("r.example", std::string_view("u:p\0\0", 5));
    EXPECT_EQ(find("r.example").value().password, "p");
}

TEST_F(FindCredentials, DockerHubHasAKeyOfItsOwn) {
    auth("https://index.docker.io/v1/", "hub:p");
    EXPECT_EQ(find("docker.io").value().username, "hub");
    EXPECT_EQ(find("index.docker.io").value().username, "hub");
}

TEST_F(FindCredentials, TheExactKeyWins) {
    config(R"({"auths":{"https://r.example/v1/":{"username":"old","password":"p"},
                        "r.example":{"username":"exact","password":"p"}}})");
    EXPECT_EQ(find("r.example").value().username, "exact");
}

TEST_F(FindCredentials, ElseTheFirstEntryOfTheSameHost) {
    config(R"({"auths":{"https://r.example.org":{"username":"other","password":"p"},
                        "https://r.example/v2/":{"username":"second","password":"p"},
                        "http://r.example/":{"username":"a","password":"p"}}})");
    EXPECT_EQ(find("r.example").value().username, "second");
}

TEST_F(FindCredentials, ReadsUsernameAndPasswordOfTheirOwn) {
    config(R"({"auths":{"r.example":{"username":"u","password":"p"}}})");
    EXPECT_EQ(find("r.example").value().password, "p");
}

TEST_F(FindCredentials, ReadsTokens) {
    config(R"({"auths":{"a.example":{"identitytoken":"i"},"b.example":{"registrytoken":"r"}}})");
    EXPECT_EQ(find("a.example").value().identity_token, "i");
    EXPECT_EQ(find("b.example").value().registry_token, "r");
    EXPECT_FALSE(find("a.example").value().empty());
}

TEST_F(FindCredentials, AnEmptyEntryIsAnonymous) {
    config(R"({"auths":{"r.example":{}}})");
    ASSERT_TRUE(find("r.example"));
    EXPECT_TRUE(find("r.example")->empty());
}

TEST_F(FindCredentials, BrokenFilesAreInvalidAndNeverQuoted) {
    for (const std::string_view json :
         {R"({"auths":{"r.example":{"auth":"SECRET)",
          R"(["SECRET"])",
          "SECRET",
          "",
          R"({"auths":{"r.example":{"auth":"SECRET!"}}})",
          R"({"auths":{"r.example":{"auth":"U0VDUkVU"}}})",
          R"({"auths":{"r.example":{"auth":"OlNFQ1JFVA=="}}})"}) {
        config(json);
        const auto found = find("r.example");
        ASSERT_FALSE(found) << json;
        EXPECT_EQ(found.error().code, ErrorCode::invalid) << json;
        EXPECT_FALSE(found.error().message.contains("SECRET")) << found.error().message;
        EXPECT_FALSE(found.error().message.contains("U0VD")) << found.error().message;
        EXPECT_TRUE(found.error().message.contains("config.json")) << found.error().message;
    }
}

TEST_F(FindCredentials, AFolderInItsPlaceIsInvalid) {
    std::filesystem::create_directory(folder_ / "config.json");
    const auto found = find("r.example");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::invalid);
}

TEST_F(FindCredentials, TheFileIsReadAnew) {
    auth("r.example", "u:old");
    EXPECT_EQ(find("r.example").value().password, "old");
    auth("r.example", "u:new");
    EXPECT_EQ(find("r.example").value().password, "new");
}

}  // namespace
}  // namespace slipway::registry
