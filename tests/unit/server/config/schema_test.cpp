#include "server/config/config.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <yaml-cpp/yaml.h>

namespace slipway::config {
namespace {

// JSON is YAML.
YAML::Node schema() {
    return YAML::LoadFile(SLIPWAY_SOURCE_DIR "/server/config/config.schema.json");
}

/// The keys of a map of the schema, without those that only stand for a file of another.
std::set<std::string> keys_of(const YAML::Node& object) {
    std::set<std::string> keys;
    for (const auto& entry : object["properties"]) {
        keys.insert(entry.first.Scalar());
    }
    std::erase_if(keys, [&keys](const std::string& key) {
        return key.ends_with("_file") && keys.contains(key.substr(0, key.size() - 5));
    });
    return keys;
}

std::set<std::string> written(const YAML::Node& map) {
    std::set<std::string> keys;
    for (const auto& entry : map) {
        keys.insert(entry.first.Scalar());
    }
    return keys;
}

/// A configuration in which every key is written out.
YAML::Node full() {
    Config config;
    config.engines = {
        {.name = "e",
         .address = "tcp://e:1",
         .certificates = "/c",
         .builder = Builder::classic,
         .network = "host",
         .memory_bytes = 1,
         .cpu_millis = 1,
         .shm_bytes = 1,
         .prune = {.after = std::chrono::days(1), .disk_bytes = 1}}
    };
    config.store_password = Secret("x");
    config.replica = "r";
    config.docker_config = "/d";
    config.registries = {
        {.host = "r", .username = "u", .password = Secret("x"), .ca_file = "/c", .plain_http = true}
    };
    config.tokens = {{.name = "t", .role = Role::read, .token = Secret("x")}};
    Repository repository;
    repository.credentials = {.token = Secret("x"), .ssh_key_file = "/k", .known_hosts_file = "/h"};
    repository.webhook = {{.signing_key = Secret("x"), .token = Secret("x")}};
    repository.secrets = {{.id = "npm", .value = Secret("x")}};
    repository.ssh = {{.id = "default", .socket = "/a"}};
    repository.attest = {
        {.name = "sbom", .command = {"c"}, .env = {{.name = "V", .value = Secret("x")}}}
    };
    repository.gitlab = {.url = "https://g", .token = Secret("x")};
    config.repositories = {repository};
    config.public_url = "https://s";
    config.notifications = {
        {.url = "https://n",
         .signing_key = Secret("x"),
         .events = {"image.pushed"},
         .repositories = {"r"}}
    };
    return YAML::Load(to_yaml(config));
}

TEST(Schema, HasTheKeysThatAreWritten) {
    const YAML::Node root = schema();
    const YAML::Node config = full();
    const YAML::Node repository = config["repositories"][0];
    EXPECT_EQ(keys_of(root), written(config));
    EXPECT_EQ(keys_of(root["properties"]["retention"]), written(config["retention"]));
    EXPECT_EQ(keys_of(root["properties"]["limits"]), written(config["limits"]));
    EXPECT_EQ(keys_of(root["properties"]["log"]), written(config["log"]));
    EXPECT_EQ(keys_of(root["$defs"]["engine"]), written(config["engines"][0]));
    EXPECT_EQ(keys_of(root["$defs"]["registry"]), written(config["registries"][0]));
    EXPECT_EQ(keys_of(root["$defs"]["token"]), written(config["tokens"][0]));
    EXPECT_EQ(keys_of(root["$defs"]["repository"]), written(repository));
    EXPECT_EQ(keys_of(root["$defs"]["credentials"]), written(repository["credentials"]));
    EXPECT_EQ(keys_of(root["$defs"]["webhook_secret"]), written(repository["webhook"][0]));
    EXPECT_EQ(keys_of(root["$defs"]["branch"]), written(repository["branches"][0]));
    const YAML::Node engine = root["$defs"]["engine"];
    EXPECT_EQ(keys_of(engine["properties"]["prune"]), written(config["engines"][0]["prune"]));
    EXPECT_EQ(keys_of(root["$defs"]["build_secret"]), written(repository["secrets"][0]));
    EXPECT_EQ(keys_of(root["$defs"]["ssh_agent"]), written(repository["ssh"][0]));
    const YAML::Node attestation = repository["attest"][0];
    EXPECT_EQ(keys_of(root["$defs"]["attestation"]), written(attestation));
    EXPECT_EQ(keys_of(root["$defs"]["variable"]), written(attestation["env"][0]));
    const YAML::Node keys = root["$defs"]["repository"]["properties"];
    EXPECT_EQ(keys_of(keys["gitlab"]), written(repository["gitlab"]));
    EXPECT_EQ(keys_of(root["$defs"]["notification"]), written(config["notifications"][0]));
}

TEST(Schema, RefusesOtherKeys) {
    const YAML::Node root = schema();
    EXPECT_EQ(root["additionalProperties"].Scalar(), "false");
    for (const auto& entry : root["$defs"]) {
        if (entry.second["properties"].IsDefined()) {
            EXPECT_EQ(entry.second["additionalProperties"].Scalar(), "false")
                << entry.first.Scalar();
        }
    }
}

}  // namespace
}  // namespace slipway::config
