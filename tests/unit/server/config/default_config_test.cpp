#include "server/config/config.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/config/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::config {
namespace {

using test::errors_of;

/// A working tree called `my images`, with this as git's configuration.
class DefaultConfig : public testing::Test {
protected:
    DefaultConfig() { std::filesystem::create_directories(tree() / ".git"); }

    [[nodiscard]] std::filesystem::path tree() const { return folder_ / "my images"; }

    void git_config(std::string_view text) const { std::ofstream(tree() / ".git/config") << text; }

    [[nodiscard]] ParsedConfig parsed(test::Variables variables = {}) const {
        variables.try_emplace("HOME", "/home/me");
        return default_config(tree(), test::environment(std::move(variables)));
    }

    slipway::test::TempFolder folder_;
};

TEST_F(DefaultConfig, ServesTheRepositoryOnLoopback) {
    git_config(
        "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = "
        "git@gitlab.example.com:platform/images.git\n"
    );
    const ParsedConfig result = parsed();
    ASSERT_EQ(errors_of(result), "");
    Config expected;
    expected.listen = "127.0.0.1:8080";
    expected.data = "/home/me/.local/state/slipway";
    expected.store = "sqlite:/home/me/.local/state/slipway/slipway.db";
    expected.engines = {{.name = "local", .address = "unix:///var/run/docker.sock"}};
    expected.docker_config = "/home/me/.docker";
    expected.anonymous_read = true;
    Repository repository;
    repository.name = "my-images";
    repository.project = "platform/images";
    repository.url = tree().string();
    expected.repositories = {repository};
    EXPECT_EQ(result.config, expected);
}

TEST_F(DefaultConfig, TakesTheFoldersNameWithoutAnOrigin) {
    EXPECT_EQ(parsed().config.repositories[0].project, "my-images");
    git_config("[remote \"upstream\"]\n\turl = https://gitlab.example.com/a/b.git\n");
    EXPECT_EQ(parsed().config.repositories[0].project, "my-images");
    git_config(
        "[remote \"origin\"]\n\tfetch = x\n[branch \"url\"]\n\turl = "
        "https://gitlab.example.com/a/b.git\n"
    );
    EXPECT_EQ(parsed().config.repositories[0].project, "my-images");
    git_config("[remote \"origin\"]\n\turl = /srv/git/images.git\n");
    EXPECT_EQ(parsed().config.repositories[0].project, "my-images");
}

TEST_F(DefaultConfig, FindsTheRepositoryAbove) {
    std::filesystem::create_directories(tree() / "a/b");
    const ParsedConfig result = default_config(tree() / "a/b/", test::environment());
    EXPECT_EQ(result.config.repositories[0].url, tree().string());
}

TEST_F(DefaultConfig, ServesABareRepository) {
    const auto bare = folder_ / "images.git";
    std::filesystem::create_directories(bare / "objects");
    std::ofstream(bare / "HEAD") << "ref: refs/heads/main\n";
    std::ofstream(bare / "config")
        << "[remote \"origin\"]\n\turl = https://gitlab.example.com/a/b.git\n";
    const Repository repository = default_config(bare, test::environment()).config.repositories[0];
    EXPECT_EQ(repository.name, "images");
    EXPECT_EQ(repository.project, "a/b");
    EXPECT_EQ(repository.url, bare.string());
}

TEST_F(DefaultConfig, KeepsItsStateWhereTheSystemWantsIt) {
    EXPECT_EQ(parsed({{"XDG_STATE_HOME", "/state"}}).config.data, "/state/slipway");
    EXPECT_EQ(
        parsed({{"XDG_STATE_HOME", "relative"}}).config.data, "/home/me/.local/state/slipway"
    );
    EXPECT_EQ(parsed({{"SLIPWAY_DATA", "/data"}}).config.store, "sqlite:/data/slipway.db");
}

TEST_F(DefaultConfig, TakesSettingsFromVariables) {
    const Config config =
        parsed({{"SLIPWAY_LISTEN", "0.0.0.0:80"}, {"SLIPWAY_LIMITS__BUILDS", "9"}}).config;
    EXPECT_EQ(config.listen, "0.0.0.0:80");
    EXPECT_EQ(config.limits.builds, 9);
}

TEST_F(DefaultConfig, TakesWebhookSecretsFromVariables) {
    std::ofstream(folder_ / "key") << "whsec_abc\n";
    const Repository repository =
        parsed({{"SLIPWAY_WEBHOOK_TOKEN", "hook"}, {"SLIPWAY_SIGNING_KEY_FILE", folder_ / "key"}})
            .config.repositories[0];
    ASSERT_EQ(repository.webhook.size(), 2U);
    EXPECT_EQ(repository.webhook[0].token.reveal(), "hook");
    EXPECT_EQ(repository.webhook[1].signing_key.reveal(), "whsec_abc");
}

TEST_F(DefaultConfig, IsClosedToReadersWithAToken) {
    const Config config = parsed({{"SLIPWAY_TOKEN", "s3cr3t"}}).config;
    EXPECT_FALSE(config.anonymous_read);
    ASSERT_EQ(config.tokens.size(), 1U);
    EXPECT_EQ(config.tokens[0].role, Role::write);
    EXPECT_EQ(config.tokens[0].token.reveal(), "s3cr3t");
    EXPECT_TRUE(
        parsed({{"SLIPWAY_TOKEN", "x"}, {"SLIPWAY_ANONYMOUS", "read"}}).config.anonymous_read
    );
    EXPECT_FALSE(parsed({{"SLIPWAY_ANONYMOUS", "none"}}).config.anonymous_read);
}

TEST_F(DefaultConfig, NamesTheVariableThatIsWrong) {
    EXPECT_TRUE(errors_of(parsed({{"SLIPWAY_TOKEN_FILE", "/no/file"}}))
                    .starts_with("SLIPWAY_TOKEN_FILE:1:1: secrets file '/no/file'"));
    EXPECT_TRUE(errors_of(parsed({{"SLIPWAY_SIGNING_KEY", "s3cr3t"}})).contains("whsec_"));
    EXPECT_FALSE(errors_of(parsed({{"SLIPWAY_SIGNING_KEY", "s3cr3t"}})).contains("s3cr3t"));
    EXPECT_TRUE(errors_of(parsed({{"SLIPWAY_TOKEN", "a"}, {"SLIPWAY_TOKEN_FILE", "b"}}))
                    .contains("not both"));
}

TEST_F(DefaultConfig, IsShownWithoutSecrets) {
    const std::string yaml =
        to_yaml(parsed({{"SLIPWAY_TOKEN", "s3cr3t"}, {"SLIPWAY_WEBHOOK_TOKEN", "s3cr3t"}}).config);
    EXPECT_FALSE(yaml.contains("s3cr3t")) << yaml;
    EXPECT_TRUE(yaml.contains("<redacted>"));
}

}  // namespace
}  // namespace slipway::config
