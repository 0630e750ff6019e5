#include "server/cli/build_offer.hpp"

#include "core/base/result.hpp"
#include "server/cli/options.hpp"
#include "server/factory/work.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace slipway::cli {
namespace {

Result<factory::BuildOffer> secret(const std::string& text) {
    BuildOptions options;
    options.secrets = {text};
    return read_offer(options);
}

Result<factory::BuildOffer> agent(const std::string& text) {
    BuildOptions options;
    options.ssh_agents = {text};
    return read_offer(options);
}

TEST(BuildOffer, SecretIsAFileAsItIs) {
    const test::TempFolder folder;
    std::ofstream(folder / "f") << "line\n";
    for (const char* const key : {"src", "source"}) {
        const auto offer =
            secret("id=npm," + std::string(key) + "=" + (folder / "f").string()).value();
        EXPECT_EQ(offer.secrets.at("npm"), "line\n");
    }
}

TEST(BuildOffer, SecretIsAVariable) {
    ::setenv("SLIPWAY_TEST_SECRET", "s3cret", 1);  // NOLINT(concurrency-mt-unsafe): one thread
    EXPECT_EQ(secret("id=npm,env=SLIPWAY_TEST_SECRET").value().secrets.at("npm"), "s3cret");
}

TEST(BuildOffer, WrongSecretSaysWhatToWrite) {
    for (const char* const text : {"npm", "id=npm", "src=f", "id=npm,src=f,env=V", "id=,src=f"}) {
        EXPECT_TRUE(secret(text).error().message.contains("id=ID,src=FILE")) << text;
    }
    EXPECT_TRUE(secret("id=a,src=/no/such").error().message.contains("'/no/such' can't be read"));
    EXPECT_TRUE(secret("id=a,env=SLIPWAY_NONE").error().message.contains("SLIPWAY_NONE"));
}

TEST(BuildOffer, AgentIsASocketOrTheUsualOne) {
    EXPECT_EQ(agent("git=/run/agent").value().ssh_agents.at("git"), "/run/agent");
    ::setenv("SSH_AUTH_SOCK", "/run/mine", 1);  // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(agent("default").value().ssh_agents.at("default"), "/run/mine");
    ::unsetenv("SSH_AUTH_SOCK");  // NOLINT(concurrency-mt-unsafe)
    EXPECT_TRUE(agent("default").error().message.contains("SSH_AUTH_SOCK is not set"));
}

}  // namespace
}  // namespace slipway::cli
