#include "server/config/config.hpp"
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

/// A configuration with one engine, which has these keys beside its name and address.
ParsedConfig with_engine(const std::string& keys) {
    return parse("engines:\n  - {name: e, address: unix:///e.sock, " + keys + "}\n");
}

/// A repository with these lines.
std::string with_repository(const std::string& lines) {
    return "repositories:\n  - name: r\n    project: p\n    url: https://h/p.git\n" + lines;
}

TEST(EngineConfig, IsReadInFull) {
    const ParsedConfig parsed = with_engine(
        "builds: 3, weight: 2, labels: [fast, arm64], drain: true, builder: classic, network: "
        "host, "
        "memory: 2GiB, cpus: 1.5, shm_size: 256MiB, prune: {after: 12h, disk: 100GiB}"
    );
    ASSERT_EQ(errors_of(parsed), "");
    const Engine expected = {
        .name = "e",
        .address = "unix:///e.sock",
        .builds = 3,
        .weight = 2,
        .labels = {"fast", "arm64"},
        .drain = true,
        .builder = Builder::classic,
        .network = "host",
        .memory_bytes = 2ULL << 30U,
        .cpu_millis = 1500,
        .shm_bytes = 256ULL << 20U,
        .prune = {.after = std::chrono::hours(12), .disk_bytes = 100ULL << 30U},
    };
    EXPECT_EQ(parsed.config.engines, std::vector{expected});
}

TEST(EngineConfig, PrunesAfterAWeekUnlessNever) {
    EXPECT_EQ(with_engine("").config.engines[0].prune.after, std::chrono::days(7));
    const ParsedConfig never = with_engine("prune: {after: never}");
    EXPECT_EQ(errors_of(never), "");
    EXPECT_EQ(never.config.engines[0].prune.after, std::chrono::seconds(0));
    EXPECT_TRUE(to_yaml(never.config).contains("after: never"));
}

TEST(EngineConfig, SizesAreBytesOrHaveABinaryUnit) {
    EXPECT_EQ(with_engine("memory: 1000").config.engines[0].memory_bytes, 1000U);
    EXPECT_EQ(with_engine("memory: 3TiB").config.engines[0].memory_bytes, 3ULL << 40U);
    for (const char* const wrong : {"2G", "GiB", "-1", "1.5GiB", "9999999999TiB", "2 GiB"}) {
        const std::string keys = "memory: " + std::string(wrong);
        EXPECT_TRUE(errors_of(with_engine(keys)).contains("is no size")) << wrong;
    }
}

TEST(EngineConfig, ProcessorsAreADecimalNumber) {
    EXPECT_EQ(with_engine("cpus: 0.001").config.engines[0].cpu_millis, 1);
    for (const char* const wrong : {"0", "-1", "nan", "inf", "all", "5000", "0.0001"}) {
        const std::string keys = "cpus: " + std::string(wrong);
        EXPECT_TRUE(errors_of(with_engine(keys)).contains("number of processors")) << wrong;
    }
}

TEST(BuildConfig, SecretsAgentsAndCachesAreRead) {
    const slipway::test::TempFolder folder;
    std::ofstream(folder / "npm") << "t0ken\n";
    const ParsedConfig parsed = parse_config(
        with_repository("    secrets: [{id: npm, value_file: npm}]\n"
                        "    ssh: [{agent: agent.sock}]\n"
                        "    cache_from: [registry.example.com/team/web:latest]\n"
                        "    engine_labels: [arm64]\n"),
        "slipway.yml",
        folder.path(),
        test::environment({})
    );
    ASSERT_EQ(errors_of(parsed), "");
    const Repository& repository = parsed.config.repositories[0];
    EXPECT_EQ(
        repository.secrets, (std::vector<BuildSecret>{{.id = "npm", .value = Secret("t0ken")}})
    );
    EXPECT_EQ(
        repository.ssh, (std::vector<SshAgent>{{.id = "default", .socket = folder / "agent.sock"}})
    );
    EXPECT_EQ(
        repository.cache_from, std::vector<std::string>{"registry.example.com/team/web:latest"}
    );
    EXPECT_EQ(repository.engine_labels, std::vector<std::string>{"arm64"});
    EXPECT_FALSE(to_yaml(parsed.config).contains("t0ken"));
}

TEST(BuildConfig, WrongSecretsAreErrorsWithTheirPlace) {
    EXPECT_EQ(
        errors_of(parse(with_repository("    secrets: [{id: a}]\n"))),
        "slipway.yml:5:15: key 'value' or 'value_file' is missing\n"
    );
    const std::string twice = "    secrets: [{id: a, value: x}, {id: a, value: y}]\n";
    EXPECT_TRUE(errors_of(parse(with_repository(twice))).contains("'a'"));
    const std::string large = "    secrets: [{id: a, value: " + std::string(512001, 'x') + "}]\n";
    EXPECT_TRUE(errors_of(parse(with_repository(large))).contains("at most 500 KB"));
    EXPECT_TRUE(errors_of(parse(with_repository("    cache_from: [B:b:b]\n"))).contains("B:b:b"));
}

}  // namespace
}  // namespace slipway::config
