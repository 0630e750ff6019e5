#include "core/dockerfile/dockerfile.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/source_errors.hpp"

#include <string>
#include <string_view>

namespace slipway::fuzz {
namespace {

using dockerfile::Parent;
using dockerfile::ParsedDockerfile;

constexpr std::string_view path = "Dockerfile";

void check_parent(const Parent& parent) {
    require(parent.line >= 1 && parent.column >= 1, "a parent has a place");
    require(parent.reference != "scratch", "scratch is no parent");
    require(model::parse_image_ref(parent.reference).has_value(), "a parent can be pulled");
}

/// A Dockerfile with the same parents, and nothing else.
std::string print(const ParsedDockerfile& parsed) {
    std::string text = "ARG NOTHING\n";
    for (const Parent& parent : parsed.parents) {
        const std::string platform = parent.platform.empty() ? "" : "--platform=" + parent.platform;
        text += "FROM " + platform + " " + parent.reference + "\n";
    }
    return text;
}

void check_same_parents(const ParsedDockerfile& parsed) {
    const ParsedDockerfile again = dockerfile::parse_dockerfile(print(parsed), path);
    require(again.parents.size() == parsed.parents.size(), "as many parents when printed");
    for (std::size_t i = 0; i < again.parents.size(); ++i) {
        require(again.parents[i].reference == parsed.parents[i].reference, "the same parents");
        require(again.parents[i].platform == parsed.parents[i].platform, "for the same platform");
    }
}

}  // namespace

void check(std::string_view input) {
    const ParsedDockerfile parsed =
        dockerfile::parse_dockerfile(input, path, {{"VERSION", "3.10"}});
    check_errors(parsed.errors, input, path);
    for (const Parent& parent : parsed.parents) {
        check_parent(parent);
    }
    if (parsed.errors.empty() && !parsed.parents.empty()) {
        check_same_parents(parsed);
    }
}

}  // namespace slipway::fuzz
