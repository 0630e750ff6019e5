#include "core/manifest/manifest.hpp"

#include "core/base/source_error.hpp"
#include "core/manifest/known_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::manifest {
namespace {

Manifest parsed(std::string_view text) {
    auto result = parse_manifest(text, "web/manifest.yml");
    for (const SourceError& error : result.errors) {
        ADD_FAILURE() << to_string(error);
    }
    return result.manifest.value_or(Manifest{});
}

/// A manifest with the least in it, and `more` after that, from line 3.
std::string with(std::string_view more) {
    return "image: nodejs\nversion: 14\n" + std::string(more);
}

TEST(Manifest, AllKeysAreRead) {
    const Manifest manifest = parsed(
        "registry: registry.example.com/team\n"
        "image: nodejs\n"
        "version: 14\n"
        "dockerfile: docker/Dockerfile\n"
        "target: runtime\n"
        "build_args: {API_URL: https://api.example.com, DEBUG: 1}\n"
        "tags: [latest, stable]\n"
        "labels:\n"
        "  team: web\n"
        "watch:\n"
        "  - /shared/**\n"
        "  - '!/shared/x'\n"
        "platform: linux/arm/v7\n"
        "push: false\n"
    );
    EXPECT_EQ(manifest.registry, "registry.example.com/team");
    EXPECT_EQ(manifest.image, "nodejs");
    EXPECT_EQ(manifest.version, "14");
    EXPECT_EQ(manifest.dockerfile, "docker/Dockerfile");
    EXPECT_EQ(manifest.target, "runtime");
    EXPECT_EQ(manifest.build_args.at("API_URL"), "https://api.example.com");
    EXPECT_EQ(manifest.build_args.at("DEBUG"), "1");
    EXPECT_EQ(manifest.tags, (std::vector<std::string>{"latest", "stable"}));
    EXPECT_EQ(manifest.labels.at("team"), "web");
    EXPECT_EQ(manifest.watch, (std::vector<std::string>{"shared/**", "!shared/x"}));
    EXPECT_EQ(manifest.platform, "linux/arm/v7");
    EXPECT_FALSE(manifest.push);
    EXPECT_EQ(manifest.image_at, (Position{.line = 2, .column = 8}));
    EXPECT_EQ(manifest.dockerfile_at, (Position{.line = 4, .column = 13}));
}

TEST(Manifest, WhatIsNotWrittenHasItsDefault) {
    Manifest expected;
    expected.image = "nodejs";
    expected.version = "14";
    expected.image_at = {.line = 1, .column = 8};
    EXPECT_EQ(parsed(with("")), expected);
}

TEST(Manifest, VersionIsKeptAsWritten) {
    for (const char* const version :
         {"3.10", "014", "1e3", "0x10", "1_000", "true", "1.0.0-alpine", "2024-01-01"}) {
        EXPECT_EQ(parsed("image: a\nversion: " + std::string(version)).version, version);
        EXPECT_EQ(parsed("image: a\nversion: '" + std::string(version) + "'").version, version);
    }
}

TEST(Manifest, RegistryMayBeEmpty) {
    EXPECT_EQ(parsed(with("registry:")).registry, "");
    EXPECT_EQ(parsed(with("registry: ''")).registry, "");
    EXPECT_EQ(parsed(with("registry: ~")).registry, "");
}

TEST(Manifest, RegistryMayBeAnyHost) {
    for (const char* const registry :
         {"localhost",
          "localhost:5000",
          "registry:5000",
          "127.0.0.1:5000/a/b",
          "index.docker.io",
          "docker.io/team"}) {
        EXPECT_EQ(parsed(with("registry: " + std::string(registry))).registry, registry);
    }
}

TEST(Manifest, ImageMayHoldAPath) {
    EXPECT_EQ(parsed("image: team/nodejs\nversion: 1").image, "team/nodejs");
}

TEST(Manifest, KeysOfTheOwnerAreIgnored) {
    EXPECT_EQ(parsed(with("x-notes: {any: [thing, {at: all}]}\nx-: 1\n")).image, "nodejs");
}

TEST(Manifest, DockerfileIsNormalised) {
    EXPECT_EQ(parsed(with("dockerfile: ./a//b/../Dockerfile")).dockerfile, "a/Dockerfile");
}

TEST(Manifest, ValuesMayBeEmptyTexts) {
    const Manifest manifest =
        parsed(with("build_args: {A: '', B: \"1\\n2\"}\nlabels: {}\ntags: []\n"));
    EXPECT_EQ(manifest.build_args.at("A"), "");
    EXPECT_EQ(manifest.build_args.at("B"), "1\n2");
}

TEST(Manifest, PushTakesTheBooleansOfYaml) {
    EXPECT_TRUE(parsed(with("push: True")).push);
    EXPECT_FALSE(parsed(with("push: FALSE")).push);
}

TEST(Manifest, WindowsLineEndsAndByteOrderMarkAreRead) {
    const Manifest manifest = parsed("\xef\xbb\xbfimage: nodejs\r\nversion: 14\r\n");
    EXPECT_EQ(manifest.version, "14");
    EXPECT_EQ(manifest.image_at, (Position{.line = 1, .column = 8}));
}

TEST(Manifest, MarksOfOneDocumentAreRead) {
    EXPECT_EQ(parsed("---\nimage: a\nversion: 1\n...\n").image, "a");
}

/// One mistake: where its error stands, and a part of what it says.
struct Mistake {
    std::string text;
    int line = 1;
    int column = 1;
    std::string message;

    friend std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
        return out << '"' << mistake.text.substr(0, 200) << '"';
    }
};

class ManifestMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ManifestMistake, IsTheOnlyErrorAndNamesItsPlace) {
    const auto result = parse_manifest(GetParam().text, "web/manifest.yml");
    EXPECT_FALSE(result.manifest.has_value());
    ASSERT_FALSE(result.errors.empty());
    for (const SourceError& error : result.errors) {
        EXPECT_EQ(error, result.errors.front()) << to_string(error);
    }
    const SourceError& error = result.errors.front();
    EXPECT_EQ(error.path, "web/manifest.yml");
    EXPECT_EQ(error.line, GetParam().line) << error.message;
    EXPECT_EQ(error.column, GetParam().column) << error.message;
    EXPECT_TRUE(error.message.contains(GetParam().message)) << error.message;
}

INSTANTIATE_TEST_SUITE_P(
    File,
    ManifestMistake,
    testing::Values(
        Mistake{"", 1, 1, "empty"},
        Mistake{"# only a comment\n", 1, 1, "empty"},
        Mistake{"---\n", 1, 1, "empty"},
        Mistake{"~", 1, 1, "empty"},
        Mistake{"\n- image: a", 2, 1, "is a map"},
        Mistake{"nodejs", 1, 1, "is a map"},
        Mistake{std::string(65'537, '#'), 1, 1, "64 KiB"},
        Mistake{with("x-a: caf\xe9"), 3, 9, "UTF-8"},
        Mistake{with("# \xed\xa0\x80"), 3, 3, "UTF-8"},
        Mistake{with(std::string("x-a: a\0b", 8)), 3, 7, "control character"},
        Mistake{with("---\nimage: b\nversion: 1\n"), 3, 1, "second YAML document"},
        Mistake{with("x-a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), 3, 21, "16 deep"},
        Mistake{with("x-a: [1, 2\n"), 4, 1, "not valid YAML"},
        Mistake{with("x-a: b: c\n"), 3, 7, "not valid YAML"},
        Mistake{with("x-a: \"b\n"), 3, 6, "never ends"},
        Mistake{with("x-a: 'it''s\n"), 3, 6, "never ends"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Reference,
    ManifestMistake,
    testing::Values(
        Mistake{with("x-a: &a 1\n"), 3, 6, "anchors"},
        Mistake{with("x-a: &a {b: 1}\n"), 3, 6, "anchors"},
        Mistake{with("x-a: *b\n"), 3, 6, "aliases"},
        Mistake{"image: *a\nversion: 1", 1, 8, "aliases"},
        Mistake{with("x-a: !!str 1\n"), 3, 6, "tags"},
        Mistake{with("watch: [!shared]\n"), 3, 9, "tags"},
        Mistake{"image: !a b\nversion: 1", 1, 8, "tags"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Key,
    ManifestMistake,
    testing::Values(
        Mistake{with("verison: 15\n"), 3, 1, "did you mean 'version'?"},
        Mistake{with("build-args: {}\n"), 3, 1, "did you mean 'build_args'?"},
        Mistake{with("Image: a\n"), 3, 1, "did you mean 'image'?"},
        Mistake{with("colour: blue\n"), 3, 1, "unknown key 'colour': delete it"},
        Mistake{with("<<: {a: 1}\n"), 3, 1, "unknown key '<<'"},
        Mistake{with("image: b\n"), 3, 1, "'image' stands in line 1 already"},
        Mistake{with("x-a: 1\nx-a: 2\n"), 4, 1, "stands in line 3"},
        Mistake{with("labels: {a: 1, a: 2}\n"), 3, 16, "'a' stands in line 3"},
        Mistake{with("'': 1\n"), 3, 1, "key is empty"},
        Mistake{with("labels: {'': 1}\n"), 3, 10, "key is empty"},
        Mistake{with("? [a]\n: 1\n"), 3, 3, "key is empty or not a word"},
        Mistake{"version: 14\n", 1, 1, "'image' is missing"},
        Mistake{"\n\nimage: a\n", 3, 1, "'version' is missing"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Name,
    ManifestMistake,
    testing::Values(
        Mistake{"image:\nversion: 1", 2, 1, "'image' is empty"},
        Mistake{"image: ''\nversion: 1", 1, 8, "'image' is empty"},
        Mistake{"image: [a]\nversion: 1", 1, 8, "'image' takes text"},
        Mistake{"image: NodeJS\nversion: 1", 1, 8, "lower-case"},
        Mistake{"image: a//b\nversion: 1", 1, 8, "can't be an image's name"},
        Mistake{"image: /a\nversion: 1", 1, 8, "can't be an image's name"},
        Mistake{"image: a b\nversion: 1", 1, 8, "can't be an image's name"},
        Mistake{"image: a:1\nversion: 1", 1, 8, "as 'version'"},
        Mistake{"image: example.com/a\nversion: 1", 1, 8, "'example.com' as 'registry'"},
        Mistake{"image: docker.io/a\nversion: 1", 1, 8, "'docker.io' as 'registry'"},
        Mistake{
            "registry: r.example.com\nimage: " + std::string(256, 'a') + "\nversion: 1",
            2,
            8,
            "can't be an image's name"
        },
        Mistake{with("registry: https://r.example.com\n"), 3, 11, "write 'r.example.com'"},
        Mistake{with("registry: r.example.com/\n"), 3, 11, "without '/'"},
        Mistake{with("registry: team\n"), 3, 11, "docker.io/team"},
        Mistake{with("registry: r.example.com/Team\n"), 3, 11, "can't be a registry"},
        Mistake{with("registry: r.example.com/a:1\n"), 3, 11, "can't be a registry"},
        Mistake{with("registry: {a: b}\n"), 3, 11, "'registry' takes text"},
        Mistake{"image: a\nversion:\n", 3, 1, "'version' is empty"},
        Mistake{"image: a\nversion: {a: b}\n", 2, 10, "'version' takes text"},
        Mistake{"image: a\nversion: .1\n", 2, 10, "can't be a tag"},
        Mistake{"image: a\nversion: 1+2\n", 2, 10, "can't be a tag"},
        Mistake{"image: a\nversion: " + std::string(129, '1'), 2, 10, "can't be a tag"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Value,
    ManifestMistake,
    testing::Values(
        Mistake{with("dockerfile: /Dockerfile\n"), 3, 13, "without '/' in front"},
        Mistake{with("dockerfile: ../Dockerfile\n"), 3, 13, "outside"},
        Mistake{with("dockerfile: a/../../Dockerfile\n"), 3, 13, "outside"},
        Mistake{with("dockerfile: docker/\n"), 3, 13, "is a folder"},
        Mistake{with("dockerfile: .\n"), 3, 13, "is a folder"},
        Mistake{with("dockerfile: ''\n"), 3, 13, "empty"},
        Mistake{with("dockerfile: \"a\\0b\"\n"), 3, 13, "control character"},
        Mistake{with("target: ''\n"), 3, 9, "empty"},
        Mistake{with("target: [a]\n"), 3, 9, "takes text"},
        Mistake{with("build_args: [A]\n"), 3, 13, "must be a map"},
        Mistake{with("build_args: {A: [1]}\n"), 3, 17, "'A' must have a text"},
        Mistake{with("build_args: {A: ~}\n"), 3, 17, "'A' must have a text"},
        Mistake{with("labels: a\n"), 3, 9, "must be a map"},
        Mistake{with("tags: latest\n"), 3, 7, "must be a list"},
        Mistake{with("tags: [a, b c]\n"), 3, 11, "'b c' can't be a tag"},
        Mistake{with("tags: [a, '']\n"), 3, 11, "empty"},
        Mistake{with("tags: [a, [b]]\n"), 3, 11, "takes text"},
        Mistake{with("watch: shared\n"), 3, 8, "must be a list"},
        Mistake{with("watch: ['[a']\n"), 3, 9, "close every '['"},
        Mistake{with("watch: [/]\n"), 3, 9, "empty"},
        Mistake{with("watch: ['!']\n"), 3, 9, "empty"},
        Mistake{with("watch: [../x]\n"), 3, 9, "outside the repository"},
        Mistake{with("watch: ['!/a/../../x']\n"), 3, 9, "outside the repository"},
        Mistake{with("platform: linux/amd64/v1/x\n"), 3, 11, "no platform"},
        Mistake{with("platform: linux/\n"), 3, 11, "no platform"},
        Mistake{with("platform: linux amd64\n"), 3, 11, "no platform"},
        Mistake{with("push: yes\n"), 3, 7, "true or false"},
        Mistake{with("push: 'true'\n"), 3, 7, "true or false"},
        Mistake{with("push:\n"), 4, 1, "true or false"}
    )
);

TEST(Manifest, AllErrorsOfAFileAreFoundInItsOrder) {
    const auto result = parse_manifest(
        "push: 1\nverison: 2\nimage: A\nregistry: x:y:z\ntags: [a b, c]\nlabels: &a {}\n", "m"
    );
    std::vector<int> lines;
    std::ranges::transform(result.errors, std::back_inserter(lines), &SourceError::line);
    EXPECT_EQ(lines, (std::vector<int>{1, 1, 2, 3, 4, 5, 6}));
}

TEST(Manifest, ErrorsBeforeASyntaxErrorAreKept) {
    const auto result = parse_manifest("image: &a b\nversion: [\n", "m");
    ASSERT_EQ(result.errors.size(), 2U);
    EXPECT_EQ(result.errors[0].line, 1);
}

/// Found by fuzzing: what is wrong was quoted whole, by several readers one after the other.
TEST(Manifest, AnErrorAboutALongTextIsShort) {
    const std::string text(2000, '_');
    for (const std::string& manifest :
         {"version: 1\nimage: " + text, "version: 1\nimage: a\n" + text + ": 1"}) {
        const ParsedManifest result = parse_manifest(manifest, "web/manifest.yml");
        ASSERT_EQ(result.errors.size(), 1);
        EXPECT_LT(result.errors[0].message.size(), 1000);
    }
}

TEST(Manifest, ColumnsAreBytes) {
    const auto result =
        parse_manifest("image: a\nversion: 1\nlabels: {\xc3\xa9: 1, b: [2]}\n", "m");
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(result.errors[0].column, 20);
}

TEST(Manifest, HostileInputEndsSoon) {
    const auto start = std::chrono::steady_clock::now();
    for (const char* const piece :
         {"[",
          "{",
          "? ",
          "- ",
          "a: ",
          "&a ",
          "*a ",
          "\"",
          "'",
          "!",
          "%",
          "\n ",
          "a:\n",
          "|\n",
          "{a: "}) {
        std::string text;
        while (text.size() < 60'000) {
            text += piece;
        }
        EXPECT_FALSE(parse_manifest(text, "m").errors.empty()) << piece;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(ManifestSchema, HasTheKeysOfTheParser) {
    std::ifstream file(SLIPWAY_SOURCE_DIR "/core/manifest/manifest.schema.json");
    const auto schema = nlohmann::json::parse(file);
    std::set<std::string, std::less<>> documented;
    for (const auto& [key, property] : schema["properties"].items()) {
        documented.insert(key);
        EXPECT_TRUE(property.contains("description")) << key;
    }
    const auto keys = known_keys();
    EXPECT_EQ(documented, (std::set<std::string, std::less<>>(keys.begin(), keys.end())));
    EXPECT_EQ(schema["required"], (nlohmann::json{"image", "version"}));
}

}  // namespace
}  // namespace slipway::manifest
