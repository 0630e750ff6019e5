#include "server/config/config.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/config/support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace slipway::config {
namespace {

using namespace std::chrono_literals;
using test::errors_of;
using test::parse;

/// The example of the documentation, with every file it names beside it.
class Example : public testing::Test {
protected:
    Example() {
        for (const auto& [name, content] : {
                 std::pair("read", "read-s3cr3t\n"),
                 std::pair("write", "write-s3cr3t"),
                 std::pair("clone", "clone-s3cr3t\n"),
                 std::pair("signing", "whsec_s3cr3t\n"),
                 std::pair("webhook", "webhook-s3cr3t\n"),
             }) {
            std::ofstream(folder_ / name) << content;
        }
    }

    [[nodiscard]] ParsedConfig parse_example(test::Variables variables = {}) const {
        return parse_config(
            text, "slipway.yml", folder_.path(), test::environment(std::move(variables))
        );
    }

    static constexpr std::string_view text = R"(
listen: 127.0.0.1:8081
data: /srv/slipway                    # mirrors, and the SQLite store
store: sqlite:/srv/slipway/other.db
engines:
  - {name: local, address: unix:///var/run/docker.sock, builds: 3}
docker_config: /etc/slipway/docker
tokens:
  - {name: dashboards, role: read, token_file: read}
  - {name: people, role: write, token_file: write}
anonymous: read
cors_origins: ["https://wall.example.com"]
reconcile_interval: 10m
retention: {builds: 91d, logs: 31d, deliveries: 12h}
limits: {body: 26214401, builds: 5, step_timeout: 2h, max_silent: 16m, requests: 7/s, webhooks: none}
log: {format: json, level: warning}
repositories:
  - name: images
    project: platform/images
    url: https://gitlab.example.com/platform/images.git
    credentials: {token_file: clone}
    webhook:
      - {signing_key_file: signing}
      - {token_file: webhook}
    registry: registry.example.com/platform
    allowed_registries: [registry.example.com]
    roots: [/images/, apps]
    branches:
      - {match: main, push: true, tags: ["{version}", "{version}-{sha}"]}
      - {match: "*", push: false}
    adopt: build
    overwrite: refuse
)";

    slipway::test::TempFolder folder_;
};

TEST_F(Example, IsReadInFull) {
    const ParsedConfig parsed = parse_example();
    ASSERT_EQ(errors_of(parsed), "");
    const Repository images = {
        .name = "images",
        .project = "platform/images",
        .url = "https://gitlab.example.com/platform/images.git",
        .credentials =
            {.token = Secret("clone-s3cr3t"), .ssh_key_file = {}, .known_hosts_file = {}},
        .webhook =
            {{.signing_key = Secret("whsec_s3cr3t"), .token = {}},
             {.signing_key = {}, .token = Secret("webhook-s3cr3t")}},
        .registry = "registry.example.com/platform",
        .allowed_registries = {"registry.example.com"},
        .roots = {"images", "apps"},
        .branches =
            {{.match = "main", .push = true, .tags = {"{version}", "{version}-{sha}"}},
             {.match = "*", .push = false, .tags = {"{version}"}}},
        .adopt_build = true,
        .overwrite_refuse = true,
        .gitlab = {.url = "https://gitlab.example.com"},
    };
    const Config expected = {
        .listen = "127.0.0.1:8081",
        .data = "/srv/slipway",
        .store = "sqlite:/srv/slipway/other.db",
        .engines = {{.name = "local", .address = "unix:///var/run/docker.sock", .builds = 3}},
        .docker_config = "/etc/slipway/docker",
        .tokens =
            {{.name = "dashboards", .role = Role::read, .token = Secret("read-s3cr3t")},
             {.name = "people", .role = Role::write, .token = Secret("write-s3cr3t")}},
        .anonymous_read = true,
        .cors_origins = {"https://wall.example.com"},
        .reconcile_interval = 10min,
        .retention =
            {.builds = std::chrono::days(91), .logs = std::chrono::days(31), .deliveries = 12h},
        .limits =
            {.body_bytes = 26214401,
             .builds = 5,
             .step_timeout = 2h,
             .max_silent = 16min,
             .requests_per_second = 7,
             .webhooks_per_second = 0},
        .log = {.format = LogFormat::json, .level = LogLevel::warning},
        .repositories = {images},
    };
    EXPECT_EQ(parsed.config, expected);
}

TEST_F(Example, ShowsNoSecretAndReadsBackTheSame) {
    const ParsedConfig parsed = parse_example();
    std::string yaml = to_yaml(parsed.config);
    EXPECT_FALSE(yaml.contains("s3cr3t")) << yaml;

    // Secrets are the one thing that can't be read back; what stands for them is refused as one.
    EXPECT_TRUE(errors_of(yaml).contains("must be the secret itself"));
    for (const std::string_view secret :
         {"read-s3cr3t", "write-s3cr3t", "clone-s3cr3t", "whsec_s3cr3t", "webhook-s3cr3t"}) {
        yaml.replace(yaml.find("<redacted>"), std::string_view("<redacted>").size(), secret);
    }
    const ParsedConfig again = parse(yaml);
    EXPECT_EQ(errors_of(again), "");
    EXPECT_EQ(again.config, parsed.config) << yaml;
}

TEST_F(Example, ShowsNoSecretInAnyError) {
    const std::string broken =
        std::string(text) + "  - {name: images, project: x}\nlisten: nowhere\nfoo: bar\n";
    const auto parsed = parse_config(broken, "slipway.yml", folder_.path(), test::environment());
    EXPECT_FALSE(errors_of(parsed).empty());
    EXPECT_FALSE(errors_of(parsed).contains("s3cr3t"));
}

TEST_F(Example, IsOverriddenByVariables) {
    const ParsedConfig parsed = parse_example({
        {"SLIPWAY_LISTEN", "[::1]:80"},
        {"SLIPWAY_DATA", "/data"},
        {"SLIPWAY_STORE", "sqlite:/data/x.db"},
        {"SLIPWAY_DOCKER_CONFIG", "/docker"},
        {"SLIPWAY_ANONYMOUS", "none"},
        {"SLIPWAY_RECONCILE_INTERVAL", "1m"},
        {"SLIPWAY_RETENTION__BUILDS", "1d"},
        {"SLIPWAY_RETENTION__LOGS", "2d"},
        {"SLIPWAY_RETENTION__DELIVERIES", "3d"},
        {"SLIPWAY_LIMITS__BODY", "10"},
        {"SLIPWAY_LIMITS__BUILDS", "11"},
        {"SLIPWAY_LIMITS__STEP_TIMEOUT", "12s"},
        {"SLIPWAY_LIMITS__MAX_SILENT", "13s"},
    });
    ASSERT_EQ(errors_of(parsed), "");
    const Config& config = parsed.config;
    EXPECT_EQ(config.listen, "[::1]:80");
    EXPECT_EQ(config.data, "/data");
    EXPECT_EQ(config.store, "sqlite:/data/x.db");
    EXPECT_EQ(config.docker_config, "/docker");
    EXPECT_FALSE(config.anonymous_read);
    EXPECT_EQ(config.reconcile_interval, 1min);
    EXPECT_EQ(config.retention.builds, std::chrono::days(1));
    EXPECT_EQ(config.retention.logs, std::chrono::days(2));
    EXPECT_EQ(config.retention.deliveries, std::chrono::days(3));
    EXPECT_EQ(config.limits.body_bytes, 10U);
    EXPECT_EQ(config.limits.builds, 11);
    EXPECT_EQ(config.limits.step_timeout, 12s);
    EXPECT_EQ(config.limits.max_silent, 13s);
}

TEST(ParseConfig, OfNothingIsTheDefault) {
    for (const std::string_view text :
         {"", "\n# only a comment\n", "---\n", "limits:\nengines:\nlisten:\n", "{}"}) {
        const ParsedConfig parsed = parse(text, {{"HOME", "/home/me"}});
        ASSERT_EQ(errors_of(parsed), "") << text;
        Config expected;
        expected.store = "sqlite:/var/lib/slipway/slipway.db";
        expected.engines = {{.name = "local", .address = "unix:///var/run/docker.sock"}};
        expected.docker_config = "/home/me/.docker";
        EXPECT_EQ(parsed.config, expected) << text;
    }
}

TEST(ParseConfig, EndsWhereYamlCppWouldFindDocumentsForEver) {
    for (const std::string_view text : {",listen:1[: :", "]", ",", "}\n---\n}"}) {
        EXPECT_NE(errors_of(parse(text)), "") << text;
    }
}

TEST(ParseConfig, TakesAnEmptyVariableForNone) {
    EXPECT_EQ(parse("listen: 127.0.0.1:1", {{"SLIPWAY_LISTEN", ""}}).config.listen, "127.0.0.1:1");
}

TEST(ParseConfig, NamesTheVariableThatIsWrong) {
    EXPECT_EQ(
        errors_of("", {{"SLIPWAY_LIMITS__BODY", "many"}}),
        "SLIPWAY_LIMITS__BODY:1:1: 'many' is no whole number from 1\n"
    );
}

TEST(ParseConfig, NamesTheNearestKeyOfAnUnknownOne) {
    EXPECT_EQ(
        errors_of("\n  lisen: 127.0.0.1:80"),
        "slipway.yml:2:3: unknown key 'lisen'; did you mean 'listen'?\n"
    );
    EXPECT_EQ(
        errors_of("limits:\n  bodi: 1"),
        "slipway.yml:2:3: unknown key 'bodi'; did you mean 'body'?\n"
    );
    EXPECT_EQ(
        errors_of("retention: {forever: true}"),
        "slipway.yml:1:13: unknown key 'forever'; known are builds logs deliveries\n"
    );
    // It is read in two ways, and told once.
    EXPECT_TRUE(errors_of("repositories: [{xxxxxxxxxx: 1}]")
                    .contains(" overwrite follow_bases engine_labels "));
    EXPECT_TRUE(errors_of("engines: [{name: a, address: 'unix:///a', bilds: 1}]")
                    .contains("did you mean 'builds'?"));
    EXPECT_TRUE(
        errors_of("tokens: [{name: a, tokenfile: x}]").contains("did you mean 'token_file'?")
    );
}

TEST(ParseConfig, FindsEveryError) {
    EXPECT_EQ(
        errors_of("listen: here\nanonymous: maybe\nlimits: {builds: 0}\n"),
        "slipway.yml:1:9: 'here' is no address; write 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080\n"
        "slipway.yml:2:12: 'maybe' is not one of 'none', 'badges' and 'read'\n"
        "slipway.yml:3:18: '0' is no whole number from 1\n"
    );
}

TEST(ParseConfig, RefusesWrongKinds) {
    EXPECT_TRUE(errors_of("[1, 2]").contains(":1:1: a map of keys and values is wanted here"));
    EXPECT_TRUE(errors_of("text").contains("a map of keys"));
    EXPECT_TRUE(errors_of("limits: [1]").contains("a map of keys"));
    EXPECT_TRUE(errors_of("listen: [1]").contains("a single value is wanted"));
    EXPECT_TRUE(errors_of("listen: {a: b}").contains("a single value is wanted"));
    EXPECT_TRUE(errors_of("engines: local").contains("'engines' must be a list"));
    EXPECT_TRUE(errors_of("engines: [local]").contains("a map of keys"));
    EXPECT_TRUE(errors_of("? [a]\n: b").contains("a key must be a text"));
}

TEST(ParseConfig, RefusesAKeyThatIsThereTwice) {
    EXPECT_EQ(
        errors_of("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n"),
        "slipway.yml:2:1: key 'listen' is here for the second time\n"
    );
}

TEST(ParseConfig, SaysWhereTheYamlIsBroken) {
    EXPECT_TRUE(errors_of("listen: 'open\n").starts_with("slipway.yml:"));
    EXPECT_TRUE(errors_of("a: b: c\n").starts_with("slipway.yml:1:"));
    EXPECT_TRUE(errors_of("a: 1\n---\nb: 1\n").contains("a second document"));
    EXPECT_FALSE(errors_of(std::string(100000, '[')).empty());
}

TEST(ParseConfig, DoesNotShowAnAliasThatMayBeASecret) {
    const std::string errors = errors_of("tokens: [{name: a, token: *s3cr3t}]");
    EXPECT_TRUE(errors.contains("not valid YAML")) << errors;
    EXPECT_FALSE(errors.contains("s3cr3t")) << errors;
}

TEST(ParseConfig, TakesAddressesToListenOn) {
    for (const std::string good : {"127.0.0.1:0", "0.0.0.0:65535", "'[::]:8080'", "'[::1]:8080'"}) {
        EXPECT_EQ(errors_of("listen: " + good), "");
    }
    for (const std::string bad :
         {"8080",
          ":8080",
          "127.0.0.1",
          "127.0.0.1:",
          "127.0.0.1:65536",
          "127.0.0.1:x",
          "::1:80",
          "'[::1]'",
          "localhost:80",
          "'[127.0.0.1]:80'"}) {
        EXPECT_NE(errors_of("listen: " + bad), "") << bad;
    }
}

TEST(ParseConfig, PutsTheStoreIntoTheDataFolder) {
    EXPECT_EQ(parse("data: /srv/x").config.store, "sqlite:/srv/x/slipway.db");
    EXPECT_EQ(parse("", {{"SLIPWAY_DATA", "/srv/y"}}).config.store, "sqlite:/srv/y/slipway.db");
}

TEST(ParseConfig, TakesRelativePathsFromTheFilesFolder) {
    const Config config =
        parse("{data: data, store: 'sqlite:db/x.db', docker_config: ../docker}").config;
    EXPECT_EQ(config.data, "/etc/slipway/data");
    EXPECT_EQ(config.store, "sqlite:/etc/slipway/db/x.db");
    EXPECT_EQ(config.docker_config, "/etc/docker");
}

TEST(ParseConfig, KnowsStoresInSqliteAndPostgresql) {
    for (const std::string good :
         {"postgresql://db/slipway",
          "postgres://slipway@db:5432/slipway?sslmode=verify-full",
          "postgresql:///slipway?host=/run/postgresql"}) {
        EXPECT_EQ(parse("store: " + good).config.store, good);
        EXPECT_EQ(errors_of("store: " + good), "");
    }
    EXPECT_TRUE(errors_of("store: 'sqlite:'").contains("a store is sqlite:PATH"));
    EXPECT_TRUE(errors_of("store: 'postgresql:slipway'").contains("a store is sqlite:PATH"));
    EXPECT_TRUE(errors_of("store: /srv/slipway.db").contains("a store is sqlite:PATH"));
}

TEST(ParseConfig, WantsThePasswordOfAStoreOutsideItsAddress) {
    for (const std::string bad :
         {"postgresql://me:s3cr3t@db/slipway",
          "postgres://me:s3/cr3t?s3cr3t@db/slipway",
          "postgresql://db/slipway?password=s3cr3t",
          "postgresql://db/slipway?sslpassword=s3cr3t"}) {
        const ParsedConfig parsed = parse("store: " + bad);
        EXPECT_TRUE(errors_of(parsed).contains("store_password_file")) << bad;
        EXPECT_FALSE(errors_of(parsed).contains("s3cr3t")) << bad;
        EXPECT_FALSE(to_yaml(parsed.config).contains("s3cr3t")) << bad;
    }
    const ParsedConfig parsed =
        parse("store: postgresql://me@db/slipway", {{"SLIPWAY_STORE_PASSWORD", "s3cr3t"}});
    EXPECT_EQ(errors_of(parsed), "");
    EXPECT_EQ(parsed.config.store_password.reveal(), "s3cr3t");
    EXPECT_FALSE(to_yaml(parsed.config).contains("s3cr3t"));
    EXPECT_TRUE(errors_of("store_password: x").contains("for a store that is postgresql://"));
}

TEST(ParseConfig, NamesTheReplica) {
    EXPECT_EQ(parse("replica: slipway-1").config.replica, "slipway-1");
    EXPECT_EQ(parse("", {{"SLIPWAY_REPLICA", "slipway-2"}}).config.replica, "slipway-2");
    EXPECT_EQ(parse("").config.replica, "");
}

TEST(ParseConfig, ReadsRegistries) {
    const auto registry =
        parse("registries: [{host: 'r.example:5000', username: bot, password: s3cr3t}]")
            .config.registries.at(0);
    EXPECT_EQ(registry.host, "r.example:5000");
    EXPECT_EQ(registry.username, "bot");
    EXPECT_EQ(registry.password.reveal(), "s3cr3t");
    EXPECT_TRUE(errors_of("registries: [{host: r, username: bot}]").contains("go together"));
    EXPECT_TRUE(errors_of("registries: [{host: r, password: x}]").contains("go together"));
    EXPECT_TRUE(errors_of("registries: [{host: r}, {host: r}]").contains("is taken"));
    EXPECT_TRUE(errors_of("registries: [{host: r, ca_file: /nowhere/ca.pem}]").contains("ca.pem"));
    EXPECT_EQ(errors_of("registries: [{host: r, plain_http: true}]"), "");
}

TEST(ParseConfig, KnowsEnginesOnUnixSocketsAndOverTcp) {
    const auto engine = parse(
                            "engines: [{name: a, address: 'tcp://10.0.0.1:2376', "
                            "certificates: tls}]"
    )
                            .config.engines.at(0);
    EXPECT_EQ(engine.address, "tcp://10.0.0.1:2376");
    EXPECT_EQ(engine.certificates.filename(), "tls");
    EXPECT_TRUE(
        errors_of("engines: [{name: a, address: 'ssh://10.0.0.1'}]").contains("tcp://host:2376")
    );
    EXPECT_TRUE(errors_of("engines: [{name: a, address: /var/run/docker.sock}]")
                    .contains("no engine's address"));
    EXPECT_TRUE(errors_of("engines: [{name: a, address: 'unix://docker.sock'}]")
                    .contains("no engine's address"));
}

TEST(ParseConfig, WantsNamesAndAddressesOfEngines) {
    EXPECT_EQ(
        errors_of("engines:\n  - {builds: 1}\n"),
        "slipway.yml:2:5: key 'address' is missing\nslipway.yml:2:5: key 'name' is missing\n"
    );
    EXPECT_TRUE(errors_of("engines: [{name: '', address: 'unix:///a'}]").contains("'name' is empty")
    );
}

TEST(ParseConfig, RefusesNamesThatAreUsedTwice) {
    EXPECT_EQ(
        errors_of(
            "engines:\n  - {name: a, address: 'unix:///a'}\n  - {name: a, address: 'unix:///b'}\n"
        ),
        "slipway.yml:3:12: 'a' is taken: line 2 has it too\n"
    );
    EXPECT_TRUE(errors_of("tokens:\n  - {name: a, token: x}\n  - {name: a, token: y}\n")
                    .contains("is taken"));
    const std::string errors = errors_of(
        "repositories:\n  - {name: a, project: p, url: /a}\n  - {name: a, project: q, url: /b}\n"
        "  - {name: b, project: q, url: /c}\n"
    );
    EXPECT_EQ(
        errors,
        "slipway.yml:3:12: 'a' is taken: line 2 has it too\nslipway.yml:4:24: 'q' is taken: line 3 "
        "has it too\n"
    );
}

TEST(ParseConfig, TakesTheEngineOfTheEnvironment) {
    const auto engines = [](const std::string& host) { return parse("", {{"DOCKER_HOST", host}}); };
    EXPECT_EQ(
        engines("unix:///run/user/1000/docker.sock").config.engines[0].address,
        "unix:///run/user/1000/docker.sock"
    );
    EXPECT_EQ(engines("").config.engines[0].address, "unix:///var/run/docker.sock");
    EXPECT_TRUE(errors_of(engines("ssh://x")).starts_with("DOCKER_HOST:1:1: "));
    const auto over_tcp = parse("", {{"DOCKER_HOST", "tcp://x:1"}, {"DOCKER_CERT_PATH", "/tls"}});
    EXPECT_EQ(over_tcp.config.engines[0].certificates, "/tls");
    EXPECT_EQ(parse("", {{"DOCKER_CERT_PATH", "/tls"}}).config.engines[0].certificates, "");
    EXPECT_EQ(
        errors_of("engines: [{name: a, address: 'unix:///a'}]", {{"DOCKER_HOST", "ssh://x"}}), ""
    );
}

TEST(ParseConfig, FindsTheFolderOfDockersConfiguration) {
    EXPECT_EQ(parse("", {{"DOCKER_CONFIG", "/d"}, {"HOME", "/h"}}).config.docker_config, "/d");
    EXPECT_EQ(parse("", {{"HOME", "/h"}}).config.docker_config, "/h/.docker");
    EXPECT_EQ(parse("").config.docker_config, "");
    EXPECT_EQ(parse("docker_config: /f", {{"DOCKER_CONFIG", "/d"}}).config.docker_config, "/f");
}

TEST(ParseConfig, RefusesDurationsThatAreNone) {
    EXPECT_TRUE(
        errors_of("reconcile_interval: 5 minutes").contains("'5 minutes' is no duration; write 30s")
    );
    EXPECT_TRUE(errors_of("reconcile_interval: 0s").contains("is no duration"));
    EXPECT_TRUE(errors_of("limits: {max_silent: 15}").contains("is no duration"));
    EXPECT_EQ(
        errors_of("retention: {logs: 90m}"), "slipway.yml:1:19: '90m' is not made of whole hours\n"
    );
}

TEST(ParseConfig, RefusesNumbersThatAreNone) {
    for (const std::string bad :
         {"0", "-1", "1.5", "1e3", "4 ", "''", "0x10", "99999999999999999999"}) {
        EXPECT_TRUE(
            errors_of("limits: {builds: '" + bad + "'}").contains("whole number") || bad == "''"
        ) << bad;
    }
    EXPECT_TRUE(errors_of("limits: {body: -5}").contains("whole number"));
}

TEST(ParseConfig, RefusesOtherTruths) {
    const auto errors = [](const std::string& push) {
        return errors_of(
            "repositories: [{name: a, project: p, url: /a, branches: [{match: m, push: " + push +
            "}]}]"
        );
    };
    EXPECT_EQ(errors("true"), "");
    EXPECT_EQ(errors("false"), "");
    EXPECT_TRUE(errors("yes").contains("'yes' is not one of 'true' and 'false'"));
}

TEST(ParseConfig, TakesRatesASecond) {
    EXPECT_EQ(parse("limits: {requests: 9/s}").config.limits.requests_per_second, 9);
    EXPECT_EQ(parse("limits: {requests: none}").config.limits.requests_per_second, 0);
    for (const std::string wrong : {"9", "0/s", "-1/s", "9/m", "/s", "9/sec", "x"}) {
        EXPECT_TRUE(errors_of("limits: {requests: " + wrong + "}").contains("is no rate")) << wrong;
    }
}

TEST(ParseConfig, TakesOriginsAsBrowsersSayThem) {
    EXPECT_EQ(errors_of("cors_origins: ['https://a.example.com', 'http://localhost:3000']"), "");
    for (const std::string wrong :
         {"'*'",
          "a.example.com",
          "'https://'",
          "'https://a.example.com/'",
          "'https://u@a.example.com'",
          "'null'"}) {
        EXPECT_TRUE(errors_of("cors_origins: [" + wrong + "]").contains("is no origin")) << wrong;
    }
}

TEST(ParseConfig, MayShowBadgesAlone) {
    const Config config = parse("anonymous: badges").config;
    EXPECT_TRUE(config.anonymous_badges);
    EXPECT_FALSE(config.anonymous_read);
    EXPECT_TRUE(to_yaml(config).contains("anonymous: badges"));
}

TEST(ParseConfig, KeepsADefaultWhereAValueIsWrong) {
    EXPECT_EQ(parse("limits: {builds: many}").config.limits.builds, Limits().builds);
    EXPECT_EQ(parse("listen: here").config.listen, Config().listen);
}

TEST(ParseConfig, WantsATokenOfEveryToken) {
    EXPECT_TRUE(errors_of("tokens: [{name: a}]").contains("key 'token' or 'token_file' is missing")
    );
    EXPECT_TRUE(errors_of("tokens: [{name: a, token: ''}]").contains("must be the secret itself"));
    EXPECT_TRUE(
        errors_of("tokens: [{name: a, token: x, role: admin}]").contains("'admin' is not one of")
    );
    EXPECT_EQ(parse("tokens: [{name: a, token: x}]").config.tokens[0].role, Role::read);
}

class Secrets : public testing::Test {
protected:
    [[nodiscard]] ParsedConfig token_of(const std::string& content) const {
        std::ofstream(folder_ / "token", std::ios::binary) << content;
        return parse_config(
            "tokens: [{name: a, token_file: token}]", "f", folder_.path(), test::environment()
        );
    }

    slipway::test::TempFolder folder_;
};

TEST_F(Secrets, LoseOneNewlineOnly) {
    EXPECT_EQ(token_of("secret").config.tokens[0].token.reveal(), "secret");
    EXPECT_EQ(token_of("secret\n").config.tokens[0].token.reveal(), "secret");
    EXPECT_EQ(token_of("secret\n\n").config.tokens[0].token.reveal(), "secret\n");
    EXPECT_EQ(token_of(" secret ").config.tokens[0].token.reveal(), " secret ");
}

TEST_F(Secrets, MustNotBeEmpty) {
    const std::string file = folder_ / "token";
    for (const std::string content : {"", "\n"}) {
        EXPECT_EQ(errors_of(token_of(content)), "f:1:32: secrets file '" + file + "' is empty\n");
    }
}

TEST_F(Secrets, MustBeInAFileThatIsThere) {
    const std::string text = "tokens: [{name: a, token_file: " + folder_.path().string();
    EXPECT_TRUE(errors_of(text + "/none}]")
                    .contains("secrets file '" + folder_.path().string() + "/none' is missing"));
    EXPECT_TRUE(errors_of(text + "}]").contains("is missing or not readable"));
}

TEST_F(Secrets, AreGivenOnce) {
    const std::string errors = errors_of("tokens: [{name: a, token: s3cr3t, token_file: /x}]");
    EXPECT_EQ(errors, "slipway.yml:1:47: give 'token' or 'token_file', not both\n");
}

}  // namespace
}  // namespace slipway::config
