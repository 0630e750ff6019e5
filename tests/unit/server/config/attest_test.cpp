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

/// A repository with these lines of `attest`, from line 5 on.
std::string with(const std::string& entries) {
    return "repositories:\n  - name: a\n    project: p\n    url: /a\n    attest:\n" + entries;
}

TEST(ParseAttest, ReadsPrograms) {
    const slipway::test::TempFolder folder;
    std::ofstream(folder / "key") << "secret-1\n";
    const ParsedConfig result = parse(
        with(
            "      - {name: sbom, command: [/opt/sbom, '{image}']}\n"
            "      - name: provenance\n"
            "        command: [cosign, attest, '--predicate={provenance}', --type=x, '{image}']\n"
            "        env: [{name: COSIGN_KEY, value_file: " +
            (folder / "key").string() +
            "}]\n"
            "        timeout: 30s\n"
        ) +
        "    branches: [{match: main, push: true}, {match: '*', push: true, attest: false}]\n"
    );
    EXPECT_EQ(errors_of(result), "");
    const Repository& repository = result.config.repositories.at(0);
    const std::vector<Attestation> expected = {
        {.name = "sbom", .command = {"/opt/sbom", "{image}"}},
        {.name = "provenance",
         .command = {"cosign", "attest", "--predicate={provenance}", "--type=x", "{image}"},
         .env = {{.name = "COSIGN_KEY", .value = Secret("secret-1")}},
         .timeout = std::chrono::seconds(30)}
    };
    EXPECT_EQ(repository.attest, expected);
    EXPECT_EQ(expected[0].timeout, std::chrono::minutes(5));
    EXPECT_TRUE(repository.branches.at(0).attest);
    EXPECT_FALSE(repository.branches.at(1).attest);
    const std::string yaml = to_yaml(result.config);
    EXPECT_FALSE(yaml.contains("secret-1"));
    EXPECT_TRUE(yaml.contains("value: <redacted>")) << yaml;
}

TEST(ParseAttest, SaysNothingByDefault) {
    EXPECT_TRUE(parse(with("")).config.repositories.at(0).attest.empty());
}

TEST(ParseAttest, KnowsItsNames) {
    EXPECT_EQ(
        errors_of(with("      - {name: sbom, command: [a]}\n      - {name: sbom, command: [a]}\n")),
        "slipway.yml:7:16: 'sbom' is taken: line 6 has it too\n"
    );
    EXPECT_EQ(
        errors_of(with("      - {name: vex, command: [a]}\n")),
        "slipway.yml:6:16: 'vex' is none of sbom, provenance, signature\n"
    );
}

TEST(ParseAttest, WantsACommand) {
    EXPECT_EQ(
        errors_of(with("      - {name: sbom}\n      - {name: signature, command: []}\n")),
        "slipway.yml:6:9: key 'command' is missing: a list of a program and its arguments\n"
        "slipway.yml:7:9: key 'command' is missing: a list of a program and its arguments\n"
    );
}

TEST(ParseAttest, KnowsWhatIsFilledIn) {
    EXPECT_EQ(
        errors_of(with("      - {name: sbom, command: [a, '--x={imgae}', '{{.X}}', '{', '{}']}\n")),
        "slipway.yml:6:35: '{imgae}' is none of {image}, {commit}, {folder}, {provenance}, "
        "{statement}\n"
    );
}

TEST(ParseAttest, FillsNothingIntoScripts) {
    EXPECT_EQ(
        errors_of(with("      - {name: sbom, command: [sh, -c, 'sign {folder}']}\n")),
        "slipway.yml:6:40: '{folder}' in an argument with spaces is not filled in; give it to a "
        "script as an argument: [sh, -c, 'sign \"$1\"', sh, \"{folder}\"]\n"
    );
    EXPECT_EQ(
        errors_of(with("      - {name: sbom, command: [sh, -c, \"awk '{print}' x\", '{image}']}\n")
        ),
        ""
    );
}

TEST(ParseAttest, WantsVariablesWithANameAndAValue) {
    EXPECT_EQ(
        errors_of(with("      - {name: sbom, command: [a], env: [{name: A=B, value: x}]}\n")),
        "slipway.yml:6:49: 'A=B' is no name of a variable\n"
    );
    EXPECT_EQ(
        errors_of(with("      - {name: sbom, command: [a], env: [{name: A}]}\n")),
        "slipway.yml:6:42: key 'value' or 'value_file' is missing\n"
    );
}

}  // namespace
}  // namespace slipway::config
