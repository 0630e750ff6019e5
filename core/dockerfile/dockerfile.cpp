#include "core/dockerfile/dockerfile.hpp"

#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/sources.hpp"
#include "core/dockerfile/stages.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile {
namespace {}  // namespace

ParsedDockerfile parse_dockerfile(
    std::string_view text,
    std::string_view path,
    const std::map<std::string, std::string>& build_args
) {
    Problems problems{std::string(path)};
    ParsedDockerfile result;
    if (text.size() > most_bytes) {
        problems.add({}, std::string(too_large));
        result.errors = problems.take();
        return result;
    }
    auto instructions = read_instructions(text, problems);
    const char escape = instructions.escape;
    const auto stages = read_stages(std::move(instructions), build_args, problems);
    if (stages.list.empty()) {
        problems.add({}, "the Dockerfile contains no stages to build: it needs a FROM");
    }
    SourceFinder sources(stages, escape, problems);
    for (std::size_t i = 0; i < stages.list.size(); ++i) {
        sources.add_stage(i, result.parents);
    }
    result.errors = problems.take();
    std::ranges::sort(result.errors);
    return result;
}

}  // namespace slipway::dockerfile
