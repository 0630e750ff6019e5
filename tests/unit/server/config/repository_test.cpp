#include "server/config/address.hpp"
#include "server/config/config.hpp"
#include "server/config/registry.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/config/support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

namespace slipway::config {
namespace {

using test::errors_of;
using test::parse;

/// A configuration of one repository with these further keys.
std::string repository(
    const std::string& keys, const std::string& url = "https://git.example.com/x.git"
) {
    return "repositories: [{name: a, project: p, url: '" + url + "'" +
           (keys.empty() ? "" : ", " + keys) + "}]";
}

Repository parsed(const std::string& keys) {
    const ParsedConfig result = parse(repository(keys));
    EXPECT_EQ(errors_of(result), "") << keys;
    return result.config.repositories.at(0);
}

TEST(ParseRepository, HasDefaults) {
    Repository expected;
    expected.name = "a";
    expected.project = "p";
    expected.url = "https://git.example.com/x.git";
    expected.gitlab.url = "https://git.example.com";
    EXPECT_EQ(parsed(""), expected);
    EXPECT_EQ(expected.branches.at(0).match, "*");
    EXPECT_TRUE(expected.branches.at(0).push);
}

TEST(ParseRepository, WantsNameProjectAndUrl) {
    EXPECT_EQ(
        errors_of("repositories: [{}]"),
        "slipway.yml:1:16: key 'name' is missing\nslipway.yml:1:16: key 'project' is missing\n"
        "slipway.yml:1:16: key 'url' is missing\n"
    );
}

TEST(ParseRepository, TakesAProjectsNumber) {
    EXPECT_EQ(
        parse("repositories: [{name: a, project: 42, url: /a}]").config.repositories[0].project,
        "42"
    );
}

TEST(ParseRepository, WantsANameThatIsOneFolder) {
    for (const std::string bad : {"a/b", "..", ".a", "-a", "a b", "ä"}) {
        EXPECT_NE(errors_of("repositories: [{name: '" + bad + "', project: p, url: /a}]"), "")
            << bad;
    }
    EXPECT_EQ(errors_of("repositories: [{name: 1a.b_c-d, project: p, url: /a}]"), "");
}

TEST(ParseRepository, TakesCloneAddresses) {
    for (const std::string good :
         {"https://git.example.com/x.git",
          "http://git.example.com:8080/x",
          "ssh://git@git.example.com:2222/x.git",
          "git@git.example.com:team/x.git",
          "file:///srv/x.git",
          "/srv/x.git"}) {
        const ParsedConfig result = parse(repository("", good));
        EXPECT_EQ(errors_of(result), "") << good;
        EXPECT_EQ(result.config.repositories[0].url, good);
    }
    EXPECT_EQ(parse(repository("", "../x.git")).config.repositories[0].url, "/etc/x.git");
}

TEST(ParseRepository, RefusesOtherAddresses) {
    for (const std::string bad :
         {"git://example.com/x",
          "ftp://example.com/x",
          "file://host/x",
          "https:///x",
          "ssh://git@/x"}) {
        EXPECT_NE(errors_of(repository("", bad)), "") << bad;
    }
}

TEST(ParseRepository, RefusesCredentialsInTheAddressWithoutShowingThem) {
    for (const std::string bad :
         {"https://me:s3cr3t@example.com/x",
          "https://s3cr3t@example.com/x",
          "http://oauth2:s3cr3t@example.com/x",
          "ssh://git:s3cr3t@example.com/x"}) {
        const ParsedConfig result = parse(repository("", bad));
        EXPECT_TRUE(errors_of(result).contains("the url holds credentials")) << bad;
        EXPECT_FALSE(errors_of(result).contains("s3cr3t"));
        EXPECT_FALSE(to_yaml(result.config).contains("s3cr3t"));
    }
}

TEST(ParseRepository, TakesOneKindOfWebhookSecretEach) {
    const Repository result = parsed("webhook: [{signing_key: whsec_abc}, {token: x}, {token: y}]");
    ASSERT_EQ(result.webhook.size(), 3U);
    EXPECT_EQ(result.webhook[0].signing_key.reveal(), "whsec_abc");
    EXPECT_EQ(result.webhook[2].token.reveal(), "y");
    EXPECT_TRUE(errors_of(repository("webhook: [{}]")).contains("either a signing_key or a token"));
    EXPECT_TRUE(
        errors_of(repository("webhook: [{signing_key: whsec_a, token: x}]")).contains("either")
    );
    const std::string errors = errors_of(repository("webhook: [{signing_key: s3cr3t}]"));
    EXPECT_TRUE(errors.contains("starts with 'whsec_'"));
    EXPECT_FALSE(errors.contains("s3cr3t"));
}

TEST(ParseRepository, ChecksThatCredentialsFitTheAddress) {
    const slipway::test::TempFolder folder;
    const std::string key = folder / "key";
    const std::string hosts = folder / "hosts";
    std::ofstream(key) << "key";
    std::ofstream(hosts) << "";
    const std::string ssh =
        "credentials: {ssh_key_file: " + key + ", known_hosts_file: " + hosts + "}";
    const std::string scp_url = "git@git.example.com:x.git";
    EXPECT_EQ(errors_of(repository(ssh, scp_url)), "");
    EXPECT_EQ(
        parse(repository(ssh, scp_url)).config.repositories[0].credentials.known_hosts_file, hosts
    );
    EXPECT_TRUE(errors_of(repository(ssh)).contains("an ssh key is for an ssh://"));
    EXPECT_TRUE(errors_of(repository("credentials: {token: x}", scp_url))
                    .contains("a token is for an https://"));
    EXPECT_TRUE(errors_of(repository("credentials: {token: x}", "/srv/x"))
                    .contains("a token is for an https://"));
    EXPECT_TRUE(errors_of(repository("credentials: {ssh_key_file: " + key + "}", scp_url))
                    .contains("needs known_hosts_file"));
    EXPECT_TRUE(errors_of(repository(
                              "credentials: {ssh_key_file: /no/key, known_hosts_file: " + hosts +
                                  "}",
                              scp_url
                          ))
                    .contains("file '/no/key' is missing"));
}

TEST(ParseRepository, AllowsItsOwnRegistryByDefault) {
    const Repository result = parsed("registry: registry.example.com/team");
    EXPECT_EQ(result.allowed_registries, std::vector<std::string>{"registry.example.com/team"});
    EXPECT_TRUE(parsed("registry: ''").allowed_registries.empty());
}

TEST(ParseRepository, WantsItsRegistryAmongTheAllowedOnes) {
    const auto errors = [](const std::string& allowed) {
        return errors_of(
            repository("registry: r.example.com/team, allowed_registries: [" + allowed + "]")
        );
    };
    EXPECT_EQ(errors("r.example.com"), "");
    EXPECT_EQ(errors("other.example.com, r.example.com/team"), "");
    EXPECT_TRUE(errors("r.example.com/te").contains("is none of the allowed_registries"));
    EXPECT_TRUE(errors("example.com").contains("is none of the allowed_registries"));
    EXPECT_EQ(errors_of(repository("registry: team, allowed_registries: [docker.io]")), "");
}

TEST(ParseRepository, RefusesRegistriesThatNoImageCanHave) {
    for (const std::string bad :
         {"https://r.example.com",
          "r.example.com/",
          "R/x y",
          "r.example.com/team:1",
          "r.example.com/Team"}) {
        EXPECT_TRUE(errors_of(repository("registry: '" + bad + "'")).contains("is no registry"))
            << bad;
        EXPECT_TRUE(
            errors_of(repository("allowed_registries: ['" + bad + "']")).contains("is no registry")
        ) << bad;
    }
}

TEST(ParseRepository, TakesRootsWithoutSlashesAtTheEnds) {
    EXPECT_EQ(parsed("roots: [/images/, a/b]").roots, (std::vector<std::string>{"images", "a/b"}));
    EXPECT_TRUE(parsed("roots: [/]").roots.empty());
    EXPECT_TRUE(parsed("roots: [images, /]").roots.empty());
    EXPECT_TRUE(parsed("roots: []").roots.empty());
    for (const std::string bad : {"..", "a/../b", "./a", "a//b"}) {
        EXPECT_NE(errors_of(repository("roots: ['" + bad + "']")), "") << bad;
    }
}

TEST(ParseRepository, TakesBranchRules) {
    const Repository result = parsed(
        "branches: [{match: main, push: true, tags: ['{version}', 'v{version}-{branch}', latest]}, "
        "{match: x}]"
    );
    ASSERT_EQ(result.branches.size(), 2U);
    EXPECT_EQ(result.branches[0].tags.size(), 3U);
    EXPECT_FALSE(result.branches[1].push);
    EXPECT_EQ(result.branches[1].tags, std::vector<std::string>{"{version}"});
    EXPECT_TRUE(parsed("branches: []").branches.empty());
}

TEST(ParseRepository, RefusesTagsThatNoImageCanHave) {
    for (const std::string bad : {"{versoin}", "a b", "-{version}", "{version}/x", "", ":x"}) {
        EXPECT_TRUE(errors_of(repository("branches: [{match: m, tags: ['" + bad + "']}]"))
                        .contains("makes no tag")
        ) << bad;
    }
    EXPECT_TRUE(
        errors_of(repository("branches: [{match: m, tags: []}]")).contains("at least one tag")
    );
    EXPECT_TRUE(errors_of(repository("branches: [{push: true}]")).contains("'match' is missing"));
}

TEST(ParseRepository, ChoosesHowToAdoptAndOverwrite) {
    EXPECT_TRUE(parsed("adopt: build, overwrite: refuse").adopt_build);
    EXPECT_TRUE(parsed("adopt: build, overwrite: refuse").overwrite_refuse);
    EXPECT_FALSE(parsed("adopt: assume, overwrite: allow").adopt_build);
    EXPECT_TRUE(errors_of(repository("adopt: later")).contains("'assume' and 'build'"));
    EXPECT_TRUE(errors_of(repository("overwrite: no")).contains("'allow' and 'refuse'"));
}

TEST(ParseRepository, FollowsBasesWhereAsked) {
    EXPECT_EQ(parsed("").follow_bases, std::chrono::seconds(0));
    EXPECT_EQ(parsed("follow_bases: never").follow_bases, std::chrono::seconds(0));
    EXPECT_EQ(parsed("follow_bases: 6h").follow_bases, std::chrono::hours(6));
    EXPECT_TRUE(errors_of(repository("follow_bases: always")).contains("is no duration"));
}

TEST(ParseRepository, CancelsWhatIsSupersededWhereAsked) {
    const Repository result =
        parsed("branches: [{match: main}, {match: '*', cancel_superseded: true}]");
    EXPECT_FALSE(result.branches.at(0).cancel_superseded);
    EXPECT_TRUE(result.branches.at(1).cancel_superseded);
}

TEST(FullRegistry, IsWhatDockerMakesOfIt) {
    EXPECT_EQ(full_registry("registry.example.com"), "registry.example.com");
    EXPECT_EQ(full_registry("localhost:5000/x"), "localhost:5000/x");
    EXPECT_EQ(full_registry("team"), "docker.io/team");
    EXPECT_EQ(full_registry("docker.io"), "docker.io");
    EXPECT_EQ(full_registry("index.docker.io"), "docker.io");
}

TEST(ProjectOfUrl, IsThePathOnTheHost) {
    EXPECT_EQ(project_of_url("https://gitlab.example.com/platform/images.git"), "platform/images");
    EXPECT_EQ(
        project_of_url("ssh://git@gitlab.example.com:22/platform/images/"), "platform/images"
    );
    EXPECT_EQ(project_of_url("git@gitlab.example.com:platform/images.git"), "platform/images");
    EXPECT_EQ(project_of_url("/srv/git/images.git"), std::nullopt);
    EXPECT_EQ(project_of_url("file:///srv/git/images.git"), std::nullopt);
    EXPECT_EQ(project_of_url("https://gitlab.example.com"), std::nullopt);
}

}  // namespace
}  // namespace slipway::config
