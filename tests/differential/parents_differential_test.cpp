#include "core/base/source_error.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "tests/differential/dockerfile_writer.hpp"
#include "tests/differential/oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::differential {
namespace {

json parents_case(Random& random) {
    std::string text = DockerfileWriter(random).write();
    while (random.chance(20)) {
        text = random.mutated(text, "\\`$\"'{}<>=,:-#/ \n\tA1[]?*%+");
    }
    json build_args = json::object();
    for (const std::string name : {"A", "VERSION", "TARGETPLATFORM", "UNDECLARED", "TARGETOS"}) {
        if (random.chance(15)) {
            build_args[name] = random.one_of({"", "3.12", "alpine", "linux/arm64", "x y", "$B"});
        }
    }
    // A mutation inside a character of several bytes is no JSON text: drop what is left of it.
    const auto valid = json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::ignore));
    return {{"text", valid}, {"build_args", build_args}};
}

std::string kind_name(dockerfile::ParentKind kind) {
    constexpr std::array<std::string_view, 3> names = {"from", "copy_from", "run_mount"};
    return std::string(names.at(std::to_underlying(kind)));
}

json to_json(const dockerfile::ParsedDockerfile& parsed) {
    json parents = json::array();
    for (const auto& parent : parsed.parents) {
        parents.push_back(
            {{"kind", kind_name(parent.kind)},
             {"reference", parent.reference},
             {"platform", parent.platform},
             {"line", parent.line}}
        );
    }
    return parents;
}

std::string all_errors(const dockerfile::ParsedDockerfile& parsed) {
    std::string text;
    for (const auto& error : parsed.errors) {
        text += "\n  " + to_string(error);
    }
    return text;
}

std::string parents_disagreement(const json& one, const json& oracle) {
    const auto text = one["text"].get<std::string>();
    const auto parsed = dockerfile::parse_dockerfile(
        text, "Dockerfile", one["build_args"].get<std::map<std::string, std::string>>()
    );
    const auto line = oracle["line"].get<int>();
    if (oracle["error"].get<std::string>().empty()) {
        if (!parsed.errors.empty()) {
            return "slipway refuses what the oracle takes:" + all_errors(parsed) + "\n" + text;
        }
        const auto ours = to_json(parsed);
        return ours == oracle["parents"] ? "" : "slipway: " + ours.dump() + "\n" + text;
    }
    // BuildKit stops at its first mistake, slipway reports each: that one must be among them.
    const bool reported = std::ranges::any_of(parsed.errors, [&](const SourceError& error) {
        return line == 0 || error.line == line;
    });
    return reported ? "" : "slipway does not report it; it has:" + all_errors(parsed) + "\n" + text;
}

TEST(ParentsDifferential, AgreesWithBuildKit) {
    compare("parents", parents_case, parents_disagreement);
}

}  // namespace
}  // namespace slipway::differential
