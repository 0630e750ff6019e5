#include "core/base/source_error.hpp"
#include "server/config/config.hpp"
#include "tests/support/schema_fields.hpp"
#include "tests/unit/server/config/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <yaml-cpp/yaml.h>

namespace slipway::config {
namespace {

using Names = std::set<std::string>;

const std::string previous = SLIPWAY_SOURCE_DIR "/tests/data/previous";

slipway::test::SchemaFields fields_of(const std::string& file) {
    const nlohmann::json schema = slipway::test::read_json(file);
    slipway::test::SchemaFields fields;
    slipway::test::add_fields(fields, schema, schema, "");
    return fields;
}

/// Of these fields, as `.repositories[].name`.
Names keys_of(const slipway::test::SchemaFields& fields) {
    Names keys;
    for (const std::string& line : fields.known) {
        const std::string key = line.substr(0, std::min(line.find(": "), line.find(" = ")));
        if (!key.empty() && !key.ends_with("[]")) {
            keys.insert(key);
        }
    }
    return keys;
}

void add_keys(Names& keys, const YAML::Node& node, const std::string& name) {
    for (const auto& entry : node) {
        if (node.IsSequence()) {
            add_keys(keys, entry, name + "[]");
        } else {
            const std::string key = name + "." + entry.first.Scalar();
            keys.insert(key);
            add_keys(keys, entry.second, key);
        }
    }
}

std::string text_of_file() {
    std::ifstream file(previous + "/slipway.yml");
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Of those that stand outside of lists, as variables.
test::Variables variables(const YAML::Node& node, std::string name = "SLIPWAY") {
    test::Variables found;
    if (node.IsScalar()) {
        std::ranges::transform(name, name.begin(), [](unsigned char letter) {
            return static_cast<char>(std::toupper(letter));
        });
        found.emplace(name, node.Scalar());
        return found;
    }
    for (const auto& entry : node) {
        if (node.IsMap()) {
            const std::string joint = name == "SLIPWAY" ? "_" : "__";
            found.merge(variables(entry.second, name + joint + entry.first.Scalar()));
        }
    }
    return found;
}

test::Variables written(const ParsedConfig& parsed) {
    return variables(YAML::Load(to_yaml(parsed.config)));
}

/// What the configuration of one minor version before said is understood: see CONTRIBUTING.md.
TEST(PreviousConfig, HasEveryKeyOfItsTime) {
    Names keys;
    add_keys(keys, YAML::Load(text_of_file()), "");
    Names expected = keys_of(fields_of(previous + "/config.schema.json"));
    EXPECT_EQ(slipway::test::missing(keys, expected), Names{}) << "nobody knew these";
    std::erase_if(expected, [&keys](const std::string& key) {
        return key.ends_with("_file") && keys.contains(key.substr(0, key.size() - 5));
    });
    EXPECT_EQ(slipway::test::missing(expected, keys), Names{}) << "slipway.yml lacks these";
}

TEST(PreviousConfig, IsTaken) {
    const ParsedConfig parsed = test::parse(text_of_file());
    for (const SourceError& error : parsed.errors) {
        EXPECT_TRUE(error.message.contains("is missing or not readable")) << to_string(error);
    }
}

TEST(PreviousConfig, IsTakenFromVariables) {
    const test::Variables said = variables(YAML::Load(text_of_file()));
    EXPECT_TRUE(said.contains("SLIPWAY_LIMITS__BODY"));
    const ParsedConfig parsed = test::parse("", said);
    EXPECT_EQ(test::errors_of(parsed), "");
    EXPECT_EQ(written(parsed), written(test::parse(text_of_file())));
}

TEST(PreviousConfig, HasNoKeyAndNoWordThatIsGone) {
    const auto before = fields_of(previous + "/config.schema.json");
    const auto now = fields_of(SLIPWAY_SOURCE_DIR "/server/config/config.schema.json");
    EXPECT_EQ(slipway::test::missing(before.known, now.known), Names{});
    EXPECT_EQ(slipway::test::newly_required(before, now), Names{});
}

}  // namespace
}  // namespace slipway::config
