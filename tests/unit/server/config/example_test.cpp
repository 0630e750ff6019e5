#include "server/config/config.hpp"
#include "tests/unit/server/config/support.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <ios>
#include <iterator>
#include <regex>
#include <string>

namespace slipway::config {
namespace {

std::string read(const std::string& name) {
    std::ifstream file(std::string(SLIPWAY_SOURCE_DIR) + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// With the keys that are commented out as well.
std::string uncommented(const std::string& text) {
    return std::regex_replace(text, std::regex(R"(\n( *)# ?( *(?:- )?[a-z_]+:))"), "\n$1$2");
}

TEST(ExampleFile, HasNoErrorButTheFilesThatAreNotHere) {
    const std::string text = read("deploy/slipway.example.yml");
    ASSERT_FALSE(text.empty());
    for (const std::string& version : {text, uncommented(text)}) {
        const ParsedConfig parsed =
            parse_config(version, "example", "/nowhere", test::environment({}));
        for (const SourceError& error : parsed.errors) {
            EXPECT_TRUE(error.message.contains("is missing or not readable")) << to_string(error);
        }
    }
}

}  // namespace
}  // namespace slipway::config
