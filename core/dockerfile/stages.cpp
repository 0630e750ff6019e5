#include "core/dockerfile/stages.hpp"

#include "core/base/utf8.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/dockerfile/flags.hpp"
#include "core/dockerfile/global_args.hpp"
#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/platform.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/text.hpp"
#include "core/model/image_ref.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

constexpr std::array from_flags = {FlagRule{.name = "platform"}};

/// `[a-z][a-z0-9-_.]*`
bool is_stage_name(std::string_view name) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

/// The stage's name in lower case, empty if it has none.
Or<std::string> stage_name(const std::vector<std::string_view>& words) {
    if (words.size() == 3 && to_lower(words[1]) == "as") {
        auto name = to_lower(words[2]);
        if (!is_stage_name(name)) {
            return std::unexpected(
                "invalid name for build stage: " + quoted(words[2]) +
                ", name can't start with a number or contain symbols"
            );
        }
        return name;
    }
    if (words.size() != 1 || words.front().empty()) {
        return std::unexpected("FROM requires either one or three arguments");
    }
    return std::string();
}

Or<std::string> stage_name(const Instruction& from) {
    return stage_name(split_blanks(from.rest));
}

Or<std::string> read_platform(const Instruction& from, GlobalArgs& args) {
    const auto flags = Flags::parse(from.flags, from_flags);
    if (!flags) {
        return std::unexpected(flags.error());
    }
    const auto written = flags->one("platform");
    if (written.empty()) {
        return std::string();
    }
    auto platform = args.expand(written);
    if (!platform) {
        return platform;
    }
    if (platform->empty()) {
        return std::unexpected("empty platform value from expression " + quoted(written));
    }
    if (!is_platform(*platform)) {
        return std::unexpected(
            "failed to parse platform " + quoted(*platform) + ": write it as linux/amd64"
        );
    }
    return platform;
}

Or<std::string> read_base(std::string_view written, GlobalArgs& args) {
    auto base = args.expand(written);
    if (!base) {
        return std::unexpected("failed to process " + quoted(written) + ": " + base.error());
    }
    if (base->empty()) {
        return std::unexpected(
            "base name (" + shortened(written) +
            ") should not be blank: give each ARG in it a default before the first FROM"
        );
    }
    return base;
}

/// Resolves one FROM into `stage`, given the stages before it.
Or<void> resolve_from(
    const Instruction& from, const Stages& before, GlobalArgs& args, Stage& stage
) {
    const auto base = read_base(split_blanks(from.rest).front(), args);
    if (!base) {
        return std::unexpected(base.error());
    }
    const auto platform = read_platform(from, args);
    if (!platform) {
        return std::unexpected(platform.error());
    }
    // Stage names are lower case by now, and BuildKit looks a FROM up as it is written.
    if (const auto named = before.by_name.find(*base); named != before.by_name.end()) {
        stage.base = named->second;
        return {};
    }
    if (*base == "scratch") {
        return {};
    }
    if (auto fault = reference_fault(*base); !fault.empty()) {
        return std::unexpected(std::move(fault));
    }
    stage.parent = Parent{
        .kind = ParentKind::from,
        .reference = *base,
        .platform = *platform,
        .line = from.place.line,
        .column = from.place.column,
    };
    return {};
}

/// A broken FROM starts its stage all the same, so that names and numbers of stages stay what their
/// owner means.
void add_stage(const Instruction& from, Stages& stages, GlobalArgs& args, Problems& problems) {
    Stage stage{.parent = {}, .base = {}, .place = from.place, .instructions = {}, .onbuilds = {}};
    const auto name = stage_name(from);
    const auto resolved =
        name ? resolve_from(from, stages, args, stage) : std::unexpected(name.error());
    if (!resolved) {
        problems.add(from.place, resolved.error());
    }
    if (name && !name->empty()) {
        stages.by_name[*name] = stages.list.size();
    }
    stages.list.push_back(std::move(stage));
}

/// BuildKit's TARGETSTAGE where no target is given.
std::string last_stage_name(const std::vector<Instruction>& instructions) {
    for (auto it = instructions.rbegin(); it != instructions.rend(); ++it) {
        if (it->keyword == "from") {
            return stage_name(*it).value_or("");
        }
    }
    return {};
}

}  // namespace

Stages read_stages(Instructions instructions, const BuildArgs& build_args, Problems& problems) {
    Stages stages;
    GlobalArgs args(build_args, last_stage_name(instructions.list), instructions.escape);
    for (auto& instruction : instructions.list) {
        if (instruction.keyword == "from") {
            add_stage(instruction, stages, args, problems);
        } else if (!stages.list.empty()) {
            auto& stage = stages.list.back();
            auto& list = instruction.keyword == "onbuild" ? stage.onbuilds : stage.instructions;
            list.push_back(std::move(instruction));
        } else if (instruction.keyword == "arg") {
            args.declare(instruction, problems);
        } else {
            problems.add(
                instruction.place,
                "no build stage in current context: only ARG may precede the first FROM"
            );
        }
    }
    return stages;
}

std::string reference_fault(const std::string& reference) {
    const auto parsed = model::parse_image_ref(reference);
    return parsed ? "" : parsed.error().message;
}

}  // namespace slipway::dockerfile
