#include "core/dockerfile/sources.hpp"

#include "core/dockerfile/dockerfile.hpp"
#include "core/dockerfile/flags.hpp"
#include "core/dockerfile/heredoc.hpp"
#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/shell_lex.hpp"
#include "core/dockerfile/shell_pattern.hpp"
#include "core/dockerfile/stages.hpp"
#include "core/dockerfile/text.hpp"
#include "core/dockerfile/words.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace slipway::dockerfile {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

using enum FlagRule::Kind;

constexpr std::size_t max_trigger_bytes = 1U << 20U;

constexpr std::array copy_flags = {
    FlagRule{.name = "chown"},
    FlagRule{.name = "from"},
    FlagRule{.name = "chmod"},
    FlagRule{.name = "link", .kind = boolean},
    FlagRule{.name = "exclude", .kind = list},
    FlagRule{.name = "parents", .kind = boolean},
};

constexpr std::array run_flags = {
    FlagRule{.name = "mount", .kind = list},
    FlagRule{.name = "network"},
    FlagRule{.name = "security"},
    FlagRule{.name = "device", .kind = list},
};

/// What `COPY --from` names, empty if it has none.
Or<std::string> copy_source(const Instruction& copy, char escape) {
    const auto json = json_strings(copy.rest);
    std::vector<std::string> words;
    if (const auto strings = json.value_or(std::nullopt)) {
        words = *strings;
    } else {
        const auto parts = split_blanks(copy.rest);
        words.assign(parts.begin(), parts.end());
    }
    if (words.size() < 2) {
        return std::unexpected(
            "COPY requires at least two arguments, but only one was provided. Destination could "
            "not be determined"
        );
    }
    const auto flags = Flags::parse(copy.flags, copy_flags);
    if (!flags) {
        return std::unexpected(flags.error());
    }
    if (is_heredoc(words.back())) {
        return std::unexpected("COPY cannot accept a heredoc as a destination");
    }
    auto from = flags->one("from");
    ExpansionBudget budget;
    const auto expanded = lex(from, {}, {.escape = escape}, budget);
    if (!expanded) {
        return std::unexpected(expanded.error());
    }
    if (expanded->text != from) {
        return std::unexpected(
            "variable expansion is not supported for --from, define a new stage with FROM using "
            "ARG from global scope as a workaround"
        );
    }
    return from;
}

/// The flags of a RUN, of which `--network` and `--security` have fixed values.
Or<Flags> run_options(const Instruction& run) {
    auto flags = Flags::parse(run.flags, run_flags);
    if (!flags) {
        return flags;
    }
    for (const std::string_view value : flags->all("network")) {
        if (value != "default" && value != "none" && value != "host") {
            return std::unexpected("invalid network mode: " + quoted(value));
        }
    }
    for (const std::string_view value : flags->all("security")) {
        if (value != "sandbox" && value != "insecure") {
            return std::unexpected("security " + quoted(value) + " is not valid");
        }
    }
    return flags;
}

/// What the `from` of a mount names, empty if it has none. The last one counts.
Or<std::string> mount_source(std::string_view mount) {
    const auto fields = csv_fields(mount);
    if (!fields) {
        return std::unexpected(fields.error());
    }
    std::string from;
    for (const std::string_view field : *fields) {
        const auto equals = field.find('=');
        if (equals == std::string_view::npos || to_lower(field.substr(0, equals)) != "from") {
            continue;
        }
        from = field.substr(equals + 1);
        if (const auto dollar = from.find('$'); dollar < from.size() - 1) {
            return std::unexpected(
                "'from' doesn't support variable expansion, define alias stage instead"
            );
        }
    }
    return from;
}

/// As Go's strconv.Atoi: a sign may be there, and leading zeros.
std::optional<long long> parse_index(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) {
            return std::nullopt;
        }
    }
    long long index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return index;
}

/// What is wrong with an ONBUILD itself, empty if nothing.
std::string onbuild_fault(const Instruction& onbuild, char escape) {
    if (onbuild.rest.empty()) {
        return "ONBUILD requires at least one argument";
    }
    if (const auto flags = Flags::parse(onbuild.flags, {}); !flags) {
        return flags.error();
    }
    const auto trigger = to_lower(split_command(onbuild.rest, escape).keyword);
    if (trigger == "onbuild") {
        return "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
    }
    if (trigger == "from" || trigger == "maintainer") {
        return trigger + " isn't allowed as an ONBUILD trigger";
    }
    return {};
}

}  // namespace

SourceFinder::SourceFinder(const Stages& stages, char escape, Problems& problems)
    : stages_(stages), escape_(escape), problems_(problems) {}

void SourceFinder::add_stage(std::size_t index, std::vector<Parent>& parents) {
    const auto& stage = stages_.list[index];
    if (stage.parent) {
        parents.push_back(*stage.parent);
    }
    add_triggers(index, parents);
    for (const auto& instruction : stage.instructions) {
        add_instruction(instruction, {.stage = index, .place = instruction.place}, parents);
    }
    for (const auto& onbuild : stage.onbuilds) {
        if (auto fault = onbuild_fault(onbuild, escape_); !fault.empty()) {
            problems_.add(onbuild.place, std::move(fault));
        }
    }
}

void SourceFinder::add_triggers(std::size_t index, std::vector<Parent>& parents) {
    const auto& stage = stages_.list[index];
    if (!stage.base) {
        return;
    }
    for (const auto& onbuild : stages_.list[*stage.base].onbuilds) {
        trigger_bytes_ += onbuild.rest.size() + onbuild.heredocs.size() + 1;
        if (trigger_bytes_ > max_trigger_bytes) {
            problems_.add(
                stage.place, "the ONBUILD instructions that run in this file are more than 1 MiB"
            );
            return;
        }
        if (onbuild_fault(onbuild, escape_).empty()) {
            add_trigger(onbuild, {.stage = index, .place = stage.place}, parents);
        }
    }
}

void SourceFinder::add_trigger(
    const Instruction& onbuild, const Where& where, std::vector<Parent>& parents
) {
    Problems found("");
    const auto trigger = read_instructions(onbuild.rest + onbuild.heredocs, found);
    const auto errors = found.take();
    for (const auto& error : errors) {
        problems_.add(where.place, "ONBUILD of its base: " + error.message);
    }
    if (trigger.list.size() == 1) {
        add_instruction(trigger.list.front(), where, parents);
    } else if (errors.empty()) {
        problems_.add(where.place, "ONBUILD of its base: it should be a single instruction");
    }
}

void SourceFinder::add_instruction(
    const Instruction& instruction, const Where& where, std::vector<Parent>& parents
) {
    if (instruction.keyword == "copy") {
        add_copy(instruction, where, parents);
    } else if (instruction.keyword == "run") {
        add_run(instruction, where, parents);
    }
}

void SourceFinder::add_copy(
    const Instruction& copy, const Where& where, std::vector<Parent>& parents
) {
    const auto from = copy_source(copy, escape_);
    if (!from) {
        problems_.add(where.place, from.error());
    } else if (const auto index = parse_index(*from)) {
        add_index(*index, where);
    } else if (!from->empty()) {
        add_name(ParentKind::copy_from, *from, where, parents);
    }
}

void SourceFinder::add_run(
    const Instruction& run, const Where& where, std::vector<Parent>& parents
) {
    const auto flags = run_options(run);
    if (!flags) {
        problems_.add(where.place, flags.error());
        return;
    }
    for (const auto& mount : flags->all("mount")) {
        const auto from = mount_source(mount);
        if (!from) {
            problems_.add(where.place, from.error());
            continue;
        }
        // A mount without an image is one of scratch to BuildKit, and counts in its numbers.
        add_name(ParentKind::run_mount, from->empty() ? "scratch" : *from, where, parents);
    }
}

void SourceFinder::add_index(long long index, const Where& where) {
    const auto stage = static_cast<std::size_t>(index);
    if (index < 0 || stage >= stages_.list.size() + sources_) {
        problems_.add(where.place, "invalid stage index " + std::to_string(index));
    } else if (stage < stages_.list.size()) {
        check_stage_is_before(stage, std::to_string(index), where);
    }
}

void SourceFinder::add_name(
    ParentKind kind, const std::string& name, const Where& where, std::vector<Parent>& parents
) {
    if (const auto stage = stages_.by_name.find(to_lower(name)); stage != stages_.by_name.end()) {
        check_stage_is_before(stage->second, name, where);
        return;
    }
    ++sources_;
    if (name == "scratch") {
        return;
    }
    if (auto fault = reference_fault(name); !fault.empty()) {
        problems_.add(where.place, std::move(fault));
        return;
    }
    parents.push_back({
        .kind = kind,
        .reference = name,
        .platform = {},
        .line = where.place.line,
        .column = where.place.column,
    });
}

void SourceFinder::check_stage_is_before(
    std::size_t source, std::string_view name, const Where& where
) {
    if (source >= where.stage) {
        problems_.add(
            where.place,
            "cannot read from stage " + quoted(name) +
                ", it needs to be defined before current stage"
        );
    }
}

}  // namespace slipway::dockerfile
